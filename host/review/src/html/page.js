"use strict";
// Search, filters, theme and keys. Without it the page is read as it is.
(() => {
  const one = (id) => document.getElementById(id);
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const root = document.documentElement;
  const find = one("find"), search = one("search"), found = one("found"), theme = one("theme");

  // Light and dark: as the system says, until somebody says otherwise.
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches);
  const nameTheme = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
  theme.hidden = false;
  nameTheme();
  prefersDark.addEventListener("change", nameTheme);
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    nameTheme();
  });

  // Search and filters: a plugin is shown if it is as all pressed filters say, and holds all words.
  const plugins = all(".plugin").map((section) => {
    const skill = section.closest(".skill");
    const text = skill.querySelector("h3").textContent + " " + section.textContent;
    return { section, skill, row: document.querySelector(`tr[data-of="${section.id}"]`), flags: section.dataset.flags.split(" "), text: text.toLowerCase() };
  });
  const skills = all(".skill").map((skill) => ({ skill, text: skill.textContent.toLowerCase(), body: document.querySelector(`tbody[data-skill="${skill.id}"]`), plugins: plugins.filter((p) => p.skill === skill) }));
  const filters = all("button[data-filter]");
  const show = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = filters.filter((b) => b.getAttribute("aria-pressed") === "true").map((b) => b.dataset.filter);
    const asked = words.length > 0 || wanted.length > 0;
    let many = 0;
    for (const p of plugins) {
      p.shown = wanted.every((flag) => p.flags.includes(flag)) && words.every((word) => p.text.includes(word));
      p.section.hidden = !p.shown;
      p.row.hidden = !p.shown;
      many += p.shown ? 1 : 0;
    }
    for (const s of skills) {
      // A skill without plugins is found by its own words.
      const own = s.plugins.length === 0 && wanted.length === 0 && words.every((word) => s.text.includes(word));
      const shown = own || s.plugins.some((p) => p.shown);
      s.skill.hidden = !shown;
      s.body.hidden = !shown;
    }
    found.textContent = asked ? `${many} of ${plugins.length} plugins` : "";
    rove();
  };
  search.addEventListener("input", show);
  for (const button of filters) {
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      show();
    });
  }
  const clear = () => {
    search.value = "";
    for (const button of filters) button.setAttribute("aria-pressed", "false");
    show();
  };

  // One stop of the tab key for all filters, and one for the matrix; arrow keys go on from there.
  const stops = (links, now) => { for (const link of links) link.tabIndex = link === now ? 0 : -1; };
  const lines = () => all(".matrix tr").filter((tr) => tr.offsetParent !== null).map((tr) => all("a", tr)).filter((links) => links.length > 0);
  function rove(now) {
    const links = lines().flat();
    const kept = now || links.find((link) => link.tabIndex === 0 && link.dataset.stop) || links[0];
    for (const link of all(".matrix a")) { link.tabIndex = -1; delete link.dataset.stop; }
    if (kept) { kept.tabIndex = 0; kept.dataset.stop = "yes"; }
  }
  document.querySelector(".matrix").addEventListener("keydown", (event) => {
    const rows = lines();
    const y = rows.findIndex((links) => links.includes(event.target));
    if (y < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const cell = event.target.closest("td, th").cellIndex;
    const x = rows[y].indexOf(event.target);
    const near = (links) => links && links.reduce((best, link) => Math.abs(link.closest("td, th").cellIndex - cell) < Math.abs(best.closest("td, th").cellIndex - cell) ? link : best);
    const next = { ArrowRight: () => rows[y][x + 1], ArrowLeft: () => rows[y][x - 1], ArrowDown: () => near(rows[y + 1]), ArrowUp: () => near(rows[y - 1]), Home: () => rows[y][0], End: () => rows[y][rows[y].length - 1] }[event.key];
    if (!next) return;
    event.preventDefault();
    const link = next();
    if (link) { rove(link); link.focus(); }
  });
  find.querySelector(".filters").addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = filters.indexOf(event.target);
    const next = filters[(at + step + filters.length) % filters.length];
    stops(filters, next);
    next.focus();
  });
  stops(filters, filters[0]);

  // A link into something closed opens it, and the keyboard goes there.
  const go = () => {
    const target = location.hash.length > 1 && one(location.hash.slice(1));
    if (!target) return;
    if (target.tagName === "DETAILS") target.open = true;
    const to = target.tagName === "DETAILS" ? target.querySelector("summary") : target;
    to.focus({ preventScroll: true });
    target.scrollIntoView();
  };
  addEventListener("hashchange", go);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link && link.hash === location.hash) go();
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target === search;
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && (typing || find.contains(event.target))) {
      clear();
    }
  });

  const open = one("all");
  open.addEventListener("click", () => {
    const opened = open.textContent === "Open all";
    for (const details of all("details")) details.open = opened;
    open.textContent = opened ? "Close all" : "Open all";
  });

  // Paper has nothing to click on: older browsers need the elements themselves open.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    for (const details of closed) details.open = true;
  });
  addEventListener("afterprint", () => { for (const details of closed) details.open = false; });

  const data = one("data"), save = one("save");
  if (data) {
    save.hidden = false;
    save.addEventListener("click", () => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([data.textContent], { type: "application/json" }));
      link.download = "audit-report.json";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }

  find.hidden = false;
  rove();
  go();
})();
