// The equations of the gate table, read and computed. A grammar of a dozen lines instead of a general evaluator: sums,
// products (`*` element by element, `@` of a matrix and a vector), three functions, names, numbers. Nothing is executed.

export type Expression =
  | { kind: "name"; name: string }
  | { kind: "number"; value: number }
  | { kind: "apply"; name: string; inner: Expression }
  | { kind: "sum"; terms: { sign: 1 | -1; of: Expression }[] }
  | { kind: "product"; matrix: boolean; left: Expression; right: Expression };

export interface Equation {
  text: string;
  target: string;
  right: Expression;
}

export const FUNCTIONS: Record<string, (value: number) => number> = {
  sigmoid: (value) => 1 / (1 + Math.exp(-value)),
  tanh: Math.tanh,
  relu: (value) => Math.max(0, value),
};

/** What gives a value before its function, where there is one. */
export const INVERSES: Record<string, ((value: number) => number) | undefined> = {
  sigmoid: (value) => Math.log(value / (1 - value)),
  tanh: Math.atanh,
};

export function parseEquation(text: string): Equation {
  const cut = text.indexOf("=");
  return { text, target: text.slice(0, cut).trim(), right: parse(text.slice(cut + 1)) };
}

export function parse(text: string): Expression {
  const tokens = text.match(/[A-Za-z_]\w*'?|\d+(?:\.\d+)?|[-+*@()]/g) ?? [];
  let at = 0;
  const take = (wanted: string): boolean => tokens[at] === wanted && ++at > 0;

  function sum(): Expression {
    const terms: { sign: 1 | -1; of: Expression }[] = [{ sign: 1, of: product() }];
    while (tokens[at] === "+" || tokens[at] === "-") terms.push({ sign: tokens[at++] === "+" ? 1 : -1, of: product() });
    return terms.length === 1 ? terms[0].of : { kind: "sum", terms };
  }
  function product(): Expression {
    let left = factor();
    while (tokens[at] === "*" || tokens[at] === "@") left = { kind: "product", matrix: tokens[at++] === "@", left, right: factor() };
    return left;
  }
  function factor(): Expression {
    if (take("(")) return closed(sum());
    const token = tokens[at++];
    if (token === undefined) throw new Error(`the expression ends too early: ${text}`);
    if (/^\d/.test(token)) return { kind: "number", value: Number(token) };
    return take("(") ? { kind: "apply", name: token, inner: closed(sum()) } : { kind: "name", name: token };
  }
  function closed(inner: Expression): Expression {
    if (!take(")")) throw new Error(`a bracket is not closed: ${text}`);
    return inner;
  }
  const whole = sum();
  if (at !== tokens.length) throw new Error(`cannot read ${tokens[at]} in ${text}`);
  return whole;
}

export interface Scope {
  /** A quantity, state, bias or peephole of one cell; null where it is not known. */
  value: (name: string, cell: number) => number | null;
  /** One row of a matrix times a vector that is given element by element; null where the matrix is not known. */
  row: (matrix: string, cell: number, vector: Expression, element: (index: number) => number | null) => number | null;
}

export function evaluate(expression: Expression, cell: number, scope: Scope): number | null {
  switch (expression.kind) {
    case "number":
      return expression.value;
    case "name":
      return scope.value(expression.name, cell);
    case "apply": {
      const inner = evaluate(expression.inner, cell, scope);
      return inner === null ? null : FUNCTIONS[expression.name](inner);
    }
    case "sum":
      return expression.terms.reduce<number | null>((total, { sign, of }) => {
        const term = total === null ? null : evaluate(of, cell, scope);
        return total === null || term === null ? null : total + sign * term;
      }, 0);
    case "product": {
      const { left, right } = expression;
      if (expression.matrix) {
        return left.kind === "name" ? scope.row(left.name, cell, right, (index) => evaluate(right, index, scope)) : null;
      }
      const [one, other] = [evaluate(left, cell, scope), evaluate(right, cell, scope)];
      return one === null || other === null ? null : one * other;
    }
  }
}
