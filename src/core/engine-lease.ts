// How long an engine that says nothing keeps its place.

/** Silent for longer than this and another process may take over: a Ctrl-Z keeps locks, a lease gives progress. */
export const LEASE_MS = 15_000;

/** A heartbeat that lies as far ahead is from before the clock was set back: nobody waits until its time has come again. */
export function isLeased(heartbeat: number, now: number): boolean {
  return Math.abs(now - heartbeat) < LEASE_MS;
}
