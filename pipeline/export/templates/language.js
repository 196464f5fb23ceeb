// Changes the language of the page. The page is written in English; its words
// lie beside it as [English, Russian, Kazakh], {1} stands for a value. A text is
// looked up whole, then as an instance of a phrase whose values are translated
// in their turn, then piece by piece. Elements with translate="no" hold data.
// The same rules are in package i18n.
var minewatch = (function () {
  "use strict";
  var store = document.getElementById("words");
  var words = store ? JSON.parse(store.textContent) : [];
  var tags = ["en", "ru", "kk"];
  var lang = 0;
  var books = [];
  var texts = [];
  var after = [];

  function pattern(from, to) {
    var literal = "", order = [], weight = 0, expr = "^";
    from.split(/(\{[1-9]\})/).forEach(function (piece, i, all) {
      if (/^\{[1-9]\}$/.test(piece)) {
        order.push(Number(piece[1]));
        if (i === 1 && all[0] === "") expr += "((?:[^;,]|,\\d)*?)";
        else expr += all[i - 1].endsWith("(") && all[i + 1].startsWith(")") ? "(.*?)" : "([^;]*?)";
        return;
      }
      weight += piece.trim().length;
      if (piece.length > literal.length) literal = piece;
      expr += piece.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    });
    return { literal: literal, match: new RegExp(expr + "$"), order: order, weight: weight, to: to };
  }

  function book(l) {
    if (books[l]) return books[l];
    var b = { exact: new Map(), patterns: [], memo: new Map() };
    words.forEach(function (w) {
      if (w[0].includes("{1}")) b.patterns.push(pattern(w[0], w[l]));
      else if (!b.exact.has(w[0])) b.exact.set(w[0], w[l]);
    });
    b.patterns = b.patterns.filter(function (p) { return p.weight > 0; });
    b.patterns.sort(function (x, y) { return y.weight - x.weight; });
    books[l] = b;
    return b;
  }

  // Numbers with a decimal comma and no-break spaces, days as 31.01.2023.
  function localise(s) {
    return s.split(" ").map(function (w) {
      if (w === "x") return "\u00d7";
      var m = /^([(+\u2212-]*)(.*?)([,;:.)%]*)$/.exec(w);
      if (!m) return w;
      var day = /^(\d{4})-(\d\d)-(\d\d)$/.exec(m[2]);
      if (day) return m[1] + day[3] + "." + day[2] + "." + day[1] + m[3];
      var n = /^(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?$/.exec(m[2]);
      if (!n) return w;
      return m[1] + n[1].replace(/,/g, "\u00a0") + (n[2] ? "," + n[2] : "") + m[3];
    }).join(" ");
  }

  // splitOutside splits at each separator that stands outside parentheses.
  function splitOutside(s, sep) {
    var parts = [], open = 0, begin = 0;
    for (var i = 0; i < s.length; i++) {
      if (s[i] === "(") open++;
      else if (s[i] === ")") open--;
      else if (open <= 0 && s.startsWith(sep, i)) {
        parts.push(s.slice(begin, i));
        begin = i + sep.length;
        i = begin - 1;
      }
    }
    parts.push(s.slice(begin));
    return parts;
  }

  function say(b, s, depth) {
    if (depth > 8 || !/\p{L}/u.test(s)) return localise(s);
    var known = b.exact.get(s);
    if (known !== undefined) return known;
    known = s.endsWith(".") ? b.exact.get(s.slice(0, -1)) : undefined;
    if (known !== undefined) return known + ".";
    for (var i = 0; i < b.patterns.length; i++) {
      var p = b.patterns[i];
      if (!s.includes(p.literal)) continue;
      var m = p.match.exec(s);
      if (!m) continue;
      var values = [];
      p.order.forEach(function (place, k) { values[place] = say(b, m[k + 1], depth + 1); });
      return p.to.replace(/\{([1-9])\}/g, function (_, k) { return values[k]; });
    }
    for (var sep of ["; ", ": ", ", "]) {
      var parts = splitOutside(s, sep);
      if (parts.length > 1) return parts.map(function (part) { return say(b, part, depth + 1); }).join(sep);
    }
    if (s.endsWith(".")) return say(b, s.slice(0, -1), depth + 1) + ".";
    var open = s.indexOf(" (");
    if (open >= 0 && s.endsWith(")")) return say(b, s.slice(0, open), depth + 1) + " (" + say(b, s.slice(open + 2, -1), depth + 1) + ")";
    var two = s.split(" ");
    if (two.length === 2) return say(b, two[0], depth + 1) + " " + say(b, two[1], depth + 1);
    return localise(s);
  }

  // translate keeps the white space around a text.
  function translate(english) {
    if (lang === 0) return english;
    var b = book(lang), known = b.memo.get(english);
    if (known === undefined) {
      var m = /^(\s*)([\s\S]*?)(\s*)$/.exec(english);
      known = m[2] ? m[1] + say(b, m[2].replace(/\s+/g, " "), 0) + m[3] : english;
      b.memo.set(english, known);
    }
    return known;
  }

  function collect() {
    var walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, function (node) {
      if (node.nodeType === 3) return /\S/.test(node.data) ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_SKIP;
      if (node.getAttribute("translate") === "no" || /^(script|style)$/i.test(node.tagName)) return NodeFilter.FILTER_REJECT;
      ["title", "aria-label"].forEach(function (name) {
        if (node.hasAttribute(name)) texts.push({ node: node, name: name, english: node.getAttribute(name) });
      });
      return NodeFilter.FILTER_SKIP;
    });
    while (walker.nextNode()) texts.push({ node: walker.currentNode, english: walker.currentNode.data });
  }

  function show(l) {
    lang = l;
    document.documentElement.lang = tags[l];
    texts.forEach(function (t) {
      var s = translate(t.english);
      if (t.name) t.node.setAttribute(t.name, s);
      else if (t.node.data !== s) t.node.data = s;
    });
    document.querySelectorAll("[data-lang]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.lang === tags[l]));
    });
    document.querySelectorAll("a[href$='.html'],a[href*='.html#lang=']").forEach(function (a) {
      a.setAttribute("href", a.getAttribute("href").replace(/#.*$/, "") + (l ? "#lang=" + tags[l] : ""));
    });
    after.forEach(function (f) { f(); });
  }

  function start() {
    collect();
    var bar = document.getElementById("lang");
    if (bar) {
      bar.hidden = false;
      bar.addEventListener("click", function (e) {
        var button = e.target.closest("[data-lang]");
        if (button) show(tags.indexOf(button.dataset.lang));
      });
    }
    var asked = new URLSearchParams(location.hash.slice(1)).get("lang");
    var wanted = [asked].concat(navigator.languages || []).map(function (t) { return tags.indexOf((t || "").slice(0, 2)); });
    var first = wanted.find(function (i) { return i >= 0; });
    show(asked && tags.includes(asked) ? tags.indexOf(asked) : first > 0 ? first : 0);
  }

  return { start: start, translate: translate, tag: function () { return tags[lang]; }, after: after };
})();
