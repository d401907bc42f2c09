/** `Date: …` with its line end, as RFC 9110 §5.6.7 has it; made once a second. */
export class HttpDate {
  private text = '';
  private second = 0;

  constructor(private readonly wallMs: () => number) {}

  line(): string {
    const nowMs = this.wallMs();
    const second = Math.floor(nowMs / 1_000);
    if (second !== this.second) {
      this.second = second;
      this.text = `Date: ${new Date(nowMs).toUTCString()}\r\n`;
    }
    return this.text;
  }
}
