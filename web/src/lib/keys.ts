// Keys of the page on screen. Fields keep theirs, and so do dialogs.
import { useEffect, useRef } from "preact/hooks";

export function typesIntoField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.matches("input, select, textarea") || target.isContentEditable || target.closest("dialog") !== null);
}

export const withModifier = (event: KeyboardEvent): boolean => event.altKey || event.ctrlKey || event.metaKey;

export function useKeys(active: boolean, handle: (event: KeyboardEvent) => void): void {
  const latest = useRef(handle);
  latest.current = handle;
  useEffect(() => {
    if (!active) return;
    const listen = (event: KeyboardEvent): void => {
      if (!event.defaultPrevented && !typesIntoField(event.target)) latest.current(event);
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, [active]);
}
