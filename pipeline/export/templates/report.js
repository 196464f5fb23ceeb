// Sorts and filters the list. Without this script the page shows everything.
// The state stands in the address after "#", so that a view can be passed on.
(function () {
  "use strict";
  var table = document.getElementById("sites");
  var form = document.getElementById("filter");
  if (!table || !form) return;
  var body = table.tBodies[0];
  var rows = Array.from(body.rows);
  var heads = Array.from(table.tHead.rows[0].cells);
  var output = form.querySelector("output");
  var names = ["q", "region", "finding"];
  var sort = { column: 0, down: false };
  var english = new Map();
  var place = new Map();
  rows.forEach(function (row, i) {
    english.set(row, row.textContent.toLowerCase());
    place.set(row, i);
  });

  function section(row) {
    return document.getElementById(row.querySelector("a").hash.slice(1));
  }

  function compare(a, b) {
    var x = a.cells[sort.column], y = b.cells[sort.column], order;
    if (x.dataset.v !== undefined) order = Number(x.dataset.v) - Number(y.dataset.v);
    else order = x.textContent.localeCompare(y.textContent, minewatch.tag());
    return (sort.down ? -order : order) || place.get(a) - place.get(b);
  }

  function reorder() {
    rows.slice().sort(compare).forEach(function (row) { body.appendChild(row); });
    heads.forEach(function (head, i) {
      if (i === sort.column) head.setAttribute("aria-sort", sort.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
  }

  function value(name) {
    return form.elements[name] ? form.elements[name].value : "";
  }

  function shown() {
    return Array.from(body.rows).filter(function (row) { return !row.hidden; });
  }

  function filter() {
    var q = value("q").trim().toLowerCase(), region = value("region"), finding = value("finding"), n = 0;
    rows.forEach(function (row) {
      var keep = (!q || english.get(row).includes(q) || row.textContent.toLowerCase().includes(q)) &&
        (!region || row.dataset.r === region) && (!finding || row.dataset.f === finding);
      if (row.hidden === keep) {
        row.hidden = !keep;
        section(row).hidden = !keep;
      }
      if (keep) n++;
    });
    output.textContent = minewatch.translate(n + " of " + rows.length + " sites shown");
  }

  function remember() {
    var state = new URLSearchParams();
    names.forEach(function (name) {
      if (value(name)) state.set(name, value(name));
    });
    if (sort.column || sort.down) state.set("sort", sort.column + (sort.down ? "d" : ""));
    if (minewatch.tag() !== "en") state.set("lang", minewatch.tag());
    var text = state.toString();
    history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
  }

  function recall() {
    var state = new URLSearchParams(location.hash.slice(1));
    names.forEach(function (name) {
      if (state.get(name) && form.elements[name]) form.elements[name].value = state.get(name);
    });
    var m = /^([0-9]+)(d?)$/.exec(state.get("sort") || "");
    if (m && Number(m[1]) < heads.length) sort = { column: Number(m[1]), down: m[2] === "d" };
  }

  // cell returns the text of a cell without its small print, safe in a spreadsheet.
  function cell(td) {
    var copy = td.cloneNode(true);
    copy.querySelectorAll("small").forEach(function (s) { s.remove(); });
    var s = copy.textContent.replace(/\s+/g, " ").trim();
    if (/^['"\s]*[=+\-@]/.test(s)) s = "'" + s;
    return '"' + s.replace(/"/g, '""') + '"';
  }

  function save() {
    var lines = [table.tHead.rows[0]].concat(shown()).map(function (row) {
      return Array.from(row.cells).map(cell).join(";");
    });
    var a = document.createElement("a");
    a.href = URL.createObjectURL(new Blob(["\ufeff" + lines.join("\r\n") + "\r\n"], { type: "text/csv" }));
    a.download = "sites.csv";
    a.click();
    setTimeout(function () { URL.revokeObjectURL(a.href); }, 1000);
  }

  heads.forEach(function (head, i) {
    var button = document.createElement("button");
    button.type = "button";
    button.title = "Sort by " + head.textContent.trim();
    button.textContent = head.textContent.trim();
    head.textContent = "";
    head.appendChild(button);
    button.addEventListener("click", function () {
      // The first click on a number shows the greatest first.
      var down = i > 0 && rows[0].cells[i].dataset.v !== undefined;
      sort = { column: i, down: sort.column === i ? !sort.down : down };
      reorder();
      remember();
    });
  });
  form.addEventListener("submit", function (e) { e.preventDefault(); });
  form.addEventListener("input", function () { filter(); remember(); });
  form.addEventListener("reset", function () {
    setTimeout(function () { filter(); remember(); });
  });
  document.getElementById("save").addEventListener("click", save);
  var begun = false;
  minewatch.after.push(function () {
    if (!begun) recall();
    begun = true;
    form.hidden = false;
    reorder();
    filter();
    if (!/^#s\d+$/.test(location.hash)) remember();
  });
})();
