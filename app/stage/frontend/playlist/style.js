/** How the playlist looks: it stands in the document itself, over the app's header. */
import { THEMES } from "../output/theme.js";

const colour = (name) => `light-dark(${THEMES.light[name]}, ${THEMES.dark[name]})`;
const HEADER_REM = 3.75; // as high as Streamlit has it

export const STYLE = `
.stn-playlist { --border: ${colour("border")}; --primary: ${colour("primary")}; --surface: ${colour("surface")}; color: ${colour("text")}; }
.stn-playlist :is(.dock, .card, .bar, dialog) { color: ${colour("text")}; background: ${colour("background")}; }
.stn-playlist [hidden] { display: none !important; }
.stn-playlist button { font: inherit; font-size: 0.9rem; color: inherit; background: ${colour("background")}; border: 1px solid var(--border);
  border-radius: 0.5rem; padding: 0.2rem 0.6rem; min-height: 2.1rem; cursor: pointer; white-space: nowrap; }
.stn-playlist button:hover:not(:disabled) { border-color: var(--primary); color: var(--primary); }
.stn-playlist button:disabled { opacity: 0.4; cursor: default; }
.stn-playlist button.main { background: var(--primary); border-color: var(--primary); color: ${colour("background")}; }
.stn-playlist button[aria-pressed="true"] { border-color: var(--primary); box-shadow: inset 0 0 0 1px var(--primary); }
.stn-playlist button svg { vertical-align: -0.12em; }
.stn-playlist :is(button, input):focus-visible { outline: 2px solid var(--primary); outline-offset: 2px; }
.stn-playlist input[type="text"] { font: inherit; font-size: 0.9rem; color: inherit; background: var(--surface); border: 1px solid transparent; border-radius: 0.4rem;
  padding: 0.25rem 0.45rem; min-width: 0; width: 100%; box-sizing: border-box; }
.stn-playlist input::placeholder { color: inherit; opacity: 0.6; }
.stn-playlist .spoken { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); }
.stn-playlist .buttons { display: flex; flex-wrap: wrap; gap: 0.5rem; }

.stn-playlist .dock { position: fixed; z-index: 999990; top: 0.8rem; right: 1rem; display: flex; gap: 0.4rem; }
[data-testid="stHeader"] [data-testid="stToolbar"] { padding-right: 15rem; } /* its place */
:is(.stn-only, .stn-presenting) .stn-playlist .dock { display: none; }
.stn-playlist .card { position: fixed; z-index: 999991; top: 3.3rem; right: 1rem; width: min(22rem, calc(100vw - 2rem)); box-sizing: border-box; display: grid; gap: 0.6rem;
  padding: 0.8rem; border: 1px solid var(--border); border-radius: 0.6rem; box-shadow: 0 4px 16px #0004; }
.stn-playlist .card label { display: grid; grid-template-columns: 3rem 1fr; align-items: center; font-size: 0.9rem; }

.stn-playlist .bar { position: fixed; z-index: 999990; inset: 0 0 auto; height: ${HEADER_REM}rem; box-sizing: border-box; padding: 0 1rem; display: flex; align-items: center;
  gap: 1rem; border-bottom: 1px solid var(--border); }
.stn-playlist .bar .words { flex: 1; min-width: 0; }
.stn-playlist .bar .title { display: block; border: 0; padding: 0; min-height: 0; max-width: 100%; overflow: hidden; text-overflow: ellipsis; font-weight: 600; font-size: 1rem; line-height: 1.4; }
.stn-playlist .bar .note { margin: 0; font-size: 0.85rem; line-height: 1.25; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; opacity: 0.85; cursor: pointer; }
.stn-playlist .bar .ways { display: flex; gap: 0.4rem; align-items: center; flex: none; }
.stn-playlist .bar .arrow { font-size: 1.3rem; line-height: 1; }
.stn-playlist .bar .where { font-variant-numeric: tabular-nums; }
.stn-playlist .bar.whole { height: auto; min-height: ${HEADER_REM}rem; padding-block: 0.4rem; }
.stn-playlist .bar.whole .note { -webkit-line-clamp: none; }
.stn-playlist .bar.whole .title { white-space: normal; text-align: left; }
html.stn-only.stn-presenting [data-testid='stMainBlockContainer'] { padding-top: calc(${HEADER_REM}rem + 0.3rem) !important; }
html.stn-only.stn-presenting .stn-leave { top: calc(${HEADER_REM}rem + 0.3rem); }
@media (max-width: 640px) {
  .stn-playlist .bar { padding: 0 0.5rem; gap: 0.5rem; }
  .stn-playlist .bar .note { -webkit-line-clamp: 1; }
  .stn-playlist .bar .notes { display: none; }
}
@media (pointer: coarse) { .stn-playlist button:not(.title) { min-width: 2.5rem; min-height: 2.5rem; } }

.stn-playlist dialog { width: min(52rem, calc(100vw - 2rem)); max-height: calc(100dvh - 2rem); box-sizing: border-box; padding: 1rem; border: 1px solid var(--border); border-radius: 0.6rem; overflow-y: auto; }
.stn-playlist dialog::backdrop { background: #0006; }
.stn-playlist .head { display: flex; justify-content: space-between; align-items: center; }
.stn-playlist h2 { margin: 0; padding: 0; font-size: 1.25rem; }
.stn-playlist .empty { margin: 0.6rem 0; line-height: 1.5; max-width: 40rem; }
.stn-playlist .rows { list-style: none; margin: 0.6rem 0; padding: 0; display: grid; gap: 0.5rem; }
.stn-playlist .rows li { margin: 0; display: flex; gap: 0.6rem; align-items: center; }
.stn-playlist .number { min-width: 1.4rem; text-align: right; font-variant-numeric: tabular-nums; opacity: 0.8; }
.stn-playlist .texts { flex: 1; min-width: 0; display: grid; grid-template-columns: 2fr 3fr; gap: 0.4rem; }
.stn-playlist .texts .title { font-weight: 600; }
.stn-playlist .missing { grid-column: 1 / -1; margin: 0; font-size: 0.85rem; }
.stn-playlist .acts { display: flex; gap: 0.25rem; }
.stn-playlist .acts button { min-width: 2.1rem; padding: 0.2rem; }
.stn-playlist .said { min-height: 2.1rem; margin-bottom: 0.5rem; display: flex; flex-wrap: wrap; align-items: center; gap: 0.3rem 0.7rem; font-size: 0.9rem; line-height: 1.4; }
.stn-playlist dialog > input { margin-bottom: 0.5rem; }
@media (max-width: 640px) {
  .stn-playlist .rows { gap: 0.9rem; }
  .stn-playlist .rows li { flex-wrap: wrap; }
  .stn-playlist .texts { grid-template-columns: 1fr; }
  .stn-playlist .acts { flex-basis: 100%; justify-content: flex-end; }
}
`;
