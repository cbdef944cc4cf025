// Records by names that users chose. JavaScript's objects have names of their own (`constructor`, `__proto__`), which a
// plain look-up or assignment would meet: these two never do.

/** What the record itself holds under the name. */
export function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** Sets a name of the record itself, whatever it is called. */
export function put<T>(record: Record<string, T>, name: string, value: T): void {
  if (name !== "__proto__") record[name] = value;
  else
    Object.defineProperty(record, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
}
