/** How a page is presented in a lecture goes along with every link inside the app. */
import { linkOf } from "../dom.js";

/** The fields of an address for it. */
export const PRESENTATION = ["large", "hide", "controls", "embed", "embed_options"];

/** Give a link, before it is followed, the fields of the page's address that it has not itself. */
function take(event) {
  const link = linkOf(event);
  if (!link || link.getAttribute("href").startsWith("#") || link.download) return;
  const [here, target] = [new URL(window.location.href), new URL(link.href)];
  if (target.origin !== here.origin) return;
  for (const field of PRESENTATION) {
    const values = here.searchParams.getAll(field);
    if (values.length && !target.searchParams.has(field)) values.forEach((value) => target.searchParams.append(field, value));
  }
  if (target.href !== link.href) link.href = target.href;
}

/** For as long as the app is open; also where a link is opened in a tab of its own, or copied. */
export function keepPresentation() {
  for (const kind of ["click", "auxclick", "contextmenu"]) document.addEventListener(kind, take, true);
}
