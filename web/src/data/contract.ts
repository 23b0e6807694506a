// The page-data contract. Written by web/contract.py from rnnscope.report; do not edit by hand.

export const PAGE_FORMAT = 1;

export * from "./contract/base";
export * from "./contract/findings";
export * from "./contract/cliff";
export * from "./contract/cells";
export * from "./contract/step";
export * from "./contract/page";
