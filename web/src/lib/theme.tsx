// Light, dark, or as the system says. Kept for the next visit where the browser allows it.
import { signal } from "@preact/signals";

type Theme = "auto" | "light" | "dark";
const KEY = "rnnscope-theme";
const NEXT: Record<Theme, Theme> = { auto: "dark", dark: "light", light: "auto" };
const NAMES: Record<Theme, string> = { auto: "◐ auto", light: "○ light", dark: "● dark" };

const theme = signal<Theme>("auto");

export function startTheme(): void {
  const kept = storage()?.getItem(KEY);
  apply(kept === "light" || kept === "dark" ? kept : "auto");
}

export function ThemeButton() {
  return (
    <button type="button" class="theme" title="light, dark, or as the system says" aria-label={`colours: ${theme.value}`}
      onClick={() => {
        apply(NEXT[theme.value]);
        storage()?.setItem(KEY, theme.value);
      }}>{NAMES[theme.value]}</button>
  );
}

function apply(next: Theme): void {
  theme.value = next;
  if (next === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
}

/** Some browsers refuse storage to files; then the choice lasts as long as the page. */
function storage(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
