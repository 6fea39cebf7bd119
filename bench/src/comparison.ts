/** What a benchmark ends with: a figure of each side, and the line that says so. */
export interface Figure {
  readonly value: number;
  /** How it was reached: precision, and what else distinguishes this form from others. */
  readonly form: string;
}

export interface Comparison {
  readonly unit: string;
  readonly ours: Figure;
  readonly rival: Figure;
}

/** `NAME: ours X unit (form), rival Y unit (form), ratio Z`, where the ratio is ours over rival. */
export function resultLine(name: string, { unit, ours, rival }: Comparison): string {
  const side = ({ value, form }: Figure): string => `${rounded(value)} ${unit} (${form})`;
  return `${name}: ours ${side(ours)}, rival ${side(rival)}, ratio ${rounded(ours.value / rival.value)}`;
}

/** Three significant digits at least, and all of a whole number. */
function rounded(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
