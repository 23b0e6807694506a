// What was found, in words, each sentence with the page that shows it.
import type { Page } from "../data/contract";
import { lastAddress } from "../lib/route";

export function Findings({ page }: { page: Page }) {
  const { findings } = page.meta;
  if (findings.length === 0) return null;
  return (
    <section>
      <h2>What was found</h2>
      <ul class="found">
        {findings.map((finding) => <li key={finding.text}>{finding.text} <a href={lastAddress(finding.page)}>See it</a></li>)}
      </ul>
    </section>
  );
}
