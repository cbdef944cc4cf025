// The ports to time and chance. `core/` and `engine/` have no other source of either, so a simulation can drive them.

export interface Clock {
  /** Milliseconds since 1970; may jump. */
  now(): number;
  /** Milliseconds that only grow; for leases, delays and timeouts. */
  monotonic(): number;
}

export interface Random {
  /** A new unique id of lower-case letters and digits. */
  id(): string;
}
