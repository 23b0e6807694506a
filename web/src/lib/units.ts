// Nats inside, bits at every surface, and numbers as people read them.

export const NATS_PER_BIT = Math.LN2;

export const bits = (nats: number): number => nats / NATS_PER_BIT;

export const whole = (value: number): string => value.toLocaleString("en-US", { maximumFractionDigits: 0 });

/** A number with a fixed count of decimals and a true minus sign, so that columns line up. */
export function fixed(value: number, decimals: number): string {
  const text = Math.abs(value).toFixed(decimals);
  return value < 0 && Number(text) !== 0 ? `\u2212${text}` : text;
}

export const lossText = (nats: number): string => `${fixed(nats, 4)} nats = ${fixed(bits(nats), 4)} bits`;

export function percent(share: number): string {
  if (share > 0 && share < 0.001) return "<0.1 %";
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${whole(count)} ${count === 1 ? one : many}`;
