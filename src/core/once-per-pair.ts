// Remembers what a pure function says of two objects that never change, as long as both live.

/**
 * @example
 * const difference = oncePerPair(compare);
 * difference(before, after); // computed
 * difference(before, after); // remembered
 */
export function oncePerPair<A extends object, B extends object, T>(
  compute: (a: A, b: B) => T,
): (a: A, b: B) => T {
  const known = new WeakMap<A, WeakMap<B, { readonly value: T }>>();
  return (a, b) => {
    const ofA = known.get(a) ?? new WeakMap<B, { readonly value: T }>();
    known.set(a, ofA);
    const made = ofA.get(b) ?? { value: compute(a, b) };
    ofA.set(b, made);
    return made.value;
  };
}
