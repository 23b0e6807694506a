// The state of the page lives in the fragment of its address (#heat/run=a&layer=2&cell=17): a link restores the view,
// and back and forward walk through it.
import { signal } from "@preact/signals";

export interface Route {
  page: string;
  params: Record<string, string>;
}

export function parseRoute(hash: string): Route {
  const text = hash.replace(/^#\/?/, "");
  const cut = text.indexOf("/");
  const page = cut < 0 ? text : text.slice(0, cut);
  const params: Record<string, string> = {};
  for (const [key, value] of new URLSearchParams(cut < 0 ? "" : text.slice(cut + 1))) params[key] = value;
  return { page, params };
}

export function formatRoute({ page, params }: Route): string {
  const query = new URLSearchParams(params).toString();
  return query ? `#${page}/${query}` : `#${page}`;
}

export const route = signal<Route>({ page: "", params: {} });

const visited = new Map<string, Route>();

function show(next: Route): void {
  visited.set(next.page, next);
  route.value = next;
}

/** Keys held down make bursts of changes; only the first of a burst becomes a step of the history. */
const BURST_MS = 1000;
let lastChange = -Infinity;

export function go(next: Route, burst = false): void {
  const address = formatRoute(next);
  if (address === formatRoute(route.value)) return;
  const now = performance.now();
  const replace = burst && now - lastChange < BURST_MS;
  lastChange = burst ? now : -Infinity;
  show(next);
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
}

/** The address of a page as it was last seen, so that coming back to it finds it as it was left. */
export const lastAddress = (page: string): string => formatRoute(visited.get(page) ?? { page, params: {} });

export function followAddress(): void {
  const read = (): void => {
    lastChange = -Infinity;
    if (formatRoute(route.value) !== location.hash) show(parseRoute(location.hash));
  };
  addEventListener("hashchange", read);
  addEventListener("popstate", read);
  read();
}
