// The half of a storage that a place has which can only be read: every way of changing it is refused, with the reason.

import type { PendingUpload, StorageError, StoredFile, UploadedPart } from "../ports/storage.ts";

export class ReadOnly {
  readonly #refusal: (path: string) => StorageError;

  /** `refusal` makes the error for a path. */
  constructor(refusal: (path: string) => StorageError) {
    this.#refusal = refusal;
  }

  async write(path: string): Promise<StoredFile> {
    throw this.#refusal(path);
  }

  async startUpload(path: string): Promise<PendingUpload> {
    throw this.#refusal(path);
  }

  async uploadPart(upload: PendingUpload): Promise<UploadedPart> {
    throw this.#refusal(upload.path);
  }

  async uploadedParts(upload: PendingUpload): Promise<readonly UploadedPart[] | null> {
    throw this.#refusal(upload.path);
  }

  async finishUpload(upload: PendingUpload): Promise<StoredFile> {
    throw this.#refusal(upload.path);
  }

  async abandonUpload(upload: PendingUpload): Promise<void> {
    throw this.#refusal(upload.path);
  }

  async copy(_from: string, to: string): Promise<StoredFile> {
    throw this.#refusal(to);
  }

  async delete(path: string): Promise<void> {
    throw this.#refusal(path);
  }
}
