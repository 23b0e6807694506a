// The width a drawing has, followed as the window changes.
import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

const BEFORE_KNOWN = 720;

export function useWidth(frame: RefObject<HTMLElement | null>): number {
  const [width, set] = useState(BEFORE_KNOWN);
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry.contentRect.width > 0) set(Math.round(entry.contentRect.width));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return width;
}
