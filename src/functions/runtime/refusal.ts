// What stands in a step's process where its module had something of "stepwell": it can be looked at and handed around,
// and says what is wrong when it is called.

let isRunning = false;

/** From here on calls are refused. A module that is only loaded may define: nothing comes of it. */
export function refuseFromNow(): void {
  isRunning = true;
}

/** A value that refuses to be called, by the name it was written with. */
export function refused(name: string): unknown {
  const answer = () => {
    if (!isRunning) return refused(name);
    throw new Error(
      `\`${name}\` cannot be called inside a step: pipelines are defined and submitted outside of run, so pass what run needs as an input`,
    );
  };
  return new Proxy(function refused() {}, {
    apply: answer,
    construct: () => Object(answer()),
    get: (_, property) => readRefused(property),
  });
}

/** Everything that "stepwell" exports, whatever its name. */
export function everythingRefused(): unknown {
  return Object.create(new Proxy({}, { get: (_, property) => readRefused(property) }));
}

/** No `then`: an awaited value is itself. Symbols are asked for by printing and comparing. */
function readRefused(property: string | symbol): unknown {
  if (typeof property === "symbol" || property === "then" || property === "__esModule")
    return undefined;
  return refused(property);
}
