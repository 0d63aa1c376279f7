/** A text that must not be seen: it prints as (sensitive), and only roles/ may reveal it. */
export class Secret {
  readonly #text: string;

  /** `from`: where it is kept, as the topology says. */
  constructor(
    readonly from: string,
    text: string,
  ) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return '(sensitive)';
  }

  toJSON(): string {
    return '(sensitive)';
  }
}
