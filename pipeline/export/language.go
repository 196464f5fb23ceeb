package export

import (
	"bytes"
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/minewatch/minewatch/datasets/ref"
	"github.com/minewatch/minewatch/pipeline/export/i18n"
)

// noWords is what a page holds where its words go when its texts are known.
const noWords = `<script type="application/json" id="words">[]</script>`

// regionNames returns the names of the regions in the three languages.
func regionNames(regions ref.Regions) [][3]string {
	names := make([][3]string, len(regions))
	for i, r := range regions {
		names[i] = [3]string{r.NameEN, r.NameRU, r.NameKK}
	}
	return names
}

// writePage executes a template and puts the words into the page that its
// script needs to change the language.
func writePage(w io.Writer, name string, data any, names [][3]string) error {
	var page bytes.Buffer
	if err := templates.ExecuteTemplate(&page, name, data); err != nil {
		return err
	}
	texts, err := pageTexts(page.Bytes())
	if err != nil {
		return err
	}
	words := strings.Replace(noWords, "[]", i18n.Words(texts, names, "filter.shown", "sort.by"), 1)
	_, err = w.Write(bytes.Replace(page.Bytes(), []byte(noWords), []byte(words), 1))
	return err
}

// pageTexts returns the texts of a page that change with the language: all but
// those of scripts, styles and elements with translate="no".
func pageTexts(page []byte) ([]string, error) {
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		return nil, err
	}
	var out []string
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode && strings.TrimSpace(n.Data) != "":
			out = append(out, n.Data)
		case n.Type == html.ElementNode:
			if n.DataAtom == atom.Script || n.DataAtom == atom.Style {
				return
			}
			for _, a := range n.Attr {
				switch {
				case a.Key == "translate" && a.Val == "no":
					return
				case a.Key == "title", a.Key == "aria-label":
					out = append(out, a.Val)
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(root)
	return out, nil
}
