// How much of the window can be seen. A keyboard covers a part of it, of which some browsers tell the
// styles nothing.

const low = 500; // px: there, what is not the conversation is made small

/** Keeps that for the styles, as --seen, --top and the class low, until what it returns is called. */
export function followViewport() {
  const [view, { style, classList }] = [window.visualViewport, document.documentElement];
  if (!view) return undefined;
  const look = () => {
    if (view.scale > 1.01) return; // two fingers look closer: nothing is to move
    style.setProperty("--seen", view.height + "px");
    style.setProperty("--top", view.offsetTop + "px");
    classList.toggle("low", view.height < low);
  };
  look();
  view.addEventListener("resize", look);
  view.addEventListener("scroll", look);
  return () => {
    view.removeEventListener("resize", look);
    view.removeEventListener("scroll", look);
    classList.remove("low");
  };
}
