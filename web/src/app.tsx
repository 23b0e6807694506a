// The frame: a title, one link per page, the page itself. Pages once opened stay in the document, so that printing
// gives all of them.
import { useEffect, useState } from "preact/hooks";
import type { Page } from "./data/contract";
import { Finder } from "./lib/finder";
import { lastAddress, route } from "./lib/route";
import { ThemeButton } from "./lib/theme";
import { PAGES } from "./pages/table";

export function App({ page }: { page: Page }) {
  const pages = PAGES.filter((entry) => entry.has(page));
  const current = (pages.find((entry) => entry.id === route.value.page) ?? pages[0]).id;
  const everything = useIdle();
  useEffect(() => scrollTo(0, 0), [current]);
  const [opened, open] = useState(new Set([current]));
  useEffect(() => {
    if (opened.has(current)) return;
    open(new Set([...opened, current]));
  }, [current]);
  return (
    <>
      <a class="skip" href={`#${current}`} onClick={(event) => {
        event.preventDefault();
        document.getElementById(`page-${current}`)?.focus();
      }}>Skip to the content</a>
      <header class="top">
        <p class="brand">rnnscope</p>
        <nav aria-label="pages">
          {pages.map((entry) => (
            <a key={entry.id} href={lastAddress(entry.id)} aria-current={entry.id === current ? "page" : undefined}>{entry.title}</a>
          ))}
        </nav>
        <ThemeButton />
        <Finder page={page} pages={pages} />
      </header>
      <main>
        <h1 class={current === pages[0].id ? "" : "sr"}>{page.meta.title}</h1>
        {pages.map((entry) => (entry.id === current || everything || opened.has(entry.id)) && (
          <article key={entry.id} id={`page-${entry.id}`} tabIndex={-1} class={entry.id === current ? "page" : "page away"} aria-label={entry.title}>
            {entry !== pages[0] && <h2 class="page-title">{entry.title}</h2>}
            <entry.component page={page} active={entry.id === current} />
          </article>
        ))}
      </main>
      <footer class="quiet small">{page.meta.title}. Made by rnnscope {page.meta.version}; complete in itself, asks nothing of any network.</footer>
    </>
  );
}

/** True once the browser has nothing better to do: time to prepare the pages that are not on screen. */
function useIdle(): boolean {
  const [idle, set] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => set(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return idle;
}
