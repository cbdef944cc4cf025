// How long an engine that says nothing keeps its place.

/** Silent for longer than this and another process may take over: a Ctrl-Z keeps locks, a lease gives progress. */
export const LEASE_MS = 15_000;
