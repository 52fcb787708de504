addEventListener("load", () => {
  // What scrolls sideways can be reached by the keyboard; hidden tabs may scroll once they are shown.
  for (const each of document.querySelectorAll("pre, .table-wrapper")) {
    if (!each.clientWidth || each.scrollWidth > each.clientWidth) each.tabIndex = 0;
  }
  // The theme has two sidebars and names neither.
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "All pages");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "On this page");
});
