// Start: read the page data, put the page in place of the summary that serves readers without scripts.
import { render } from "preact";
import { App } from "./app";
import { PAGE_FORMAT, type Page } from "./data/contract";
import { followAddress } from "./lib/route";
import { startTheme } from "./lib/theme";
import "./style/base.css";
import "./style/pages.css";
import "./style/heat.css";
import "./style/findings.css";
import "./style/cells.css";
import "./style/step.css";
import "./style/print.css";

const page = JSON.parse(document.getElementById("page-data")?.textContent ?? "null") as Page;
const root = document.getElementById("app");
if (root && page.meta.format === PAGE_FORMAT) {
  startTheme();
  followAddress();
  root.replaceChildren();
  render(<App page={page} />, root);
}
