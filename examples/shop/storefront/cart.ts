// The cart in the browser. Some of it is wrong on purpose.
export interface Line {
  name: string;
  priceCents: number;
  quantity: number;
}

export function total(lines: Line[]): number {
  return lines.reduce((sum, line) => sum + line.priceCents * line.quantity, 0);
}

export function show(lines: Line[]): void {
  const list = document.querySelector("#cart")!;
  list.textContent = "";
  for (const line of lines) {
    const item = document.createElement("li");
    item.textContent = `${line.quantity} × ${line.name}`;
    list.append(item);
  }
}

export function showMessage(): void {
  const message = new URLSearchParams(location.search).get("message");
  document.querySelector("#message")!.innerHTML = `<b>${message}</b>`;
}

export function merge(target: any, source: any): any {
  for (const key in source) {
    if (typeof source[key] === "object") {
      target[key] = merge(target[key] ?? {}, source[key]);
    } else {
      target[key] = source[key];
    }
  }
  return target;
}

export function discount(formula: string, cents: number): number {
  return new Function("cents", "return " + formula)(cents);
}
