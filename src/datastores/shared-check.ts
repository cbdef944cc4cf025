// One question to a server that many callers have at the same moment is asked once. Keeps no answer for later.

export function sharedCheck(ask: () => Promise<void>): () => Promise<void> {
  let asking: Promise<void> | null = null;
  return () => {
    asking ??= ask().finally(() => {
      asking = null;
    });
    return asking;
  };
}
