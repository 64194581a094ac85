package workers

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/texts"
)

// exportVersion names the form of data.json, which export.schema.json describes. Fields are only ever added to it.
const exportVersion = "imagika-export/1"

// jsonWriter writes JSON piece by piece, so that it takes no more memory for much. The first error stays.
type jsonWriter struct {
	*bufio.Writer
	err error
}

func (j *jsonWriter) raw(text string) {
	if j.err == nil {
		_, j.err = j.WriteString(text)
	}
}

func (j *jsonWriter) value(v any) {
	text, err := json.Marshal(v)
	if j.err == nil && err != nil {
		j.err = err
	}
	j.raw(string(text))
}

// field writes the name of a field and its value, behind another one if it is not the first.
func (j *jsonWriter) field(first bool, name string, v any) {
	if !first {
		j.raw(",")
	}
	j.value(name)
	j.raw(":")
	j.value(v)
}

// writeData writes data.json.
func (p *packer) writeData(ctx context.Context, into io.Writer) error {
	j := &jsonWriter{Writer: bufio.NewWriter(into)}
	j.raw("{")
	j.field(true, "schema", exportVersion)
	j.field(false, "made_at", p.plan.Made)
	j.field(false, "language", p.texts.Language())
	j.field(false, "source", p.texts.Plain(texts.AboutExportSource, nil))
	j.field(false, "rights", p.texts.Plain(texts.AboutExportRights, map[string]any{"Hub": "/privacy"}))
	if err := p.writeRecipients(ctx, j); err != nil {
		return err
	}
	j.raw(`,"categories":[`)
	for i, c := range storage.Categories() {
		if i > 0 {
			j.raw(",\n")
		}
		j.raw("{")
		j.field(true, "name", c)
		j.field(false, "title", p.texts.Plain(heldTitle(c), nil))
		j.field(false, "about", p.texts.Plain(heldFor(c), nil))
		j.raw(`,"tables":[`)
		for n, t := range storage.ShownTables(c) {
			if n > 0 {
				j.raw(",\n")
			}
			if err := p.writeTable(ctx, j, t); err != nil {
				return err
			}
		}
		j.raw("]}")
	}
	j.raw("]}\n")
	if j.err == nil {
		j.err = j.Flush()
	}
	return j.err
}

// recipientsPage is how many are read at a time.
const recipientsPage = 500

// writeRecipients writes which services got something of the person's, newest first.
func (p *packer) writeRecipients(ctx context.Context, j *jsonWriter) error {
	j.raw(`,"recipients":[`)
	for offset := 0; ; offset += recipientsPage {
		all, err := p.Store.Receivers(ctx, p.person.ID, offset, recipientsPage)
		if err != nil {
			return err
		}
		for i, r := range all {
			if offset+i > 0 {
				j.raw(",")
			}
			s := serviceOf(r.Provider)
			j.raw("\n{")
			j.field(true, "service", s.title)
			j.field(false, "region", p.texts.Plain(s.region, nil))
			j.field(false, "for", r.Kind)
			j.field(false, "id", r.ID)
			j.field(false, "model", r.Model)
			j.field(false, "arrived", r.Certain)
			j.field(false, "sent_at", r.At.UTC())
			j.raw("}")
		}
		if len(all) < recipientsPage {
			j.raw("]")
			return j.err
		}
	}
}

func (p *packer) writeTable(ctx context.Context, j *jsonWriter, t storage.Table) error {
	j.raw("{")
	j.field(true, "name", t.Name)
	j.field(false, "purpose", t.Purpose)
	j.field(false, "ground", t.Ground)
	j.field(false, "kept", t.Keep)
	j.field(false, "after_erasure", t.Fate)
	j.raw(`,"rows":[`)
	names, first := t.Shown(), true
	for one, err := range p.Store.Dossier(ctx, p.person.ID, t) {
		if err != nil {
			return err
		}
		if !first {
			j.raw(",")
		}
		first = false
		j.raw("\n{")
		for i, name := range names {
			j.field(i == 0, fieldName(name), one.Values[i])
		}
		if len(one.Unreadable) > 0 {
			j.field(false, "unreadable", one.Unreadable)
		}
		j.raw("}")
		if j.err != nil {
			return j.err
		}
	}
	j.raw("]}")
	return j.err
}

// fieldName is the name of a column without what only a database needs.
func fieldName(column string) string { return strings.TrimSuffix(column, "_") }

// exportStyle is all there is of it: the page works without a network and without a script.
const exportStyle = `body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1c1c1e;background:#fff}
h2{margin-top:2.5rem}h3{font-size:1rem;margin:1.5rem 0 .5rem}p.about{color:#666}table{border-collapse:collapse;font-size:.85rem;display:block;overflow-x:auto}
th,td{border:1px solid #ddd;padding:.25rem .5rem;text-align:left;vertical-align:top;white-space:pre-wrap;overflow-wrap:anywhere;max-width:30rem}
.pictures{display:flex;flex-wrap:wrap;gap:.75rem}.pictures a{width:10rem;font-size:.75rem;color:#666}.pictures img{width:100%;height:10rem;object-fit:cover;display:block;background:#eee}
@media(prefers-color-scheme:dark){body{background:#1c1c1e;color:#eee}th,td{border-color:#444}}`

// writeIndex writes the page that shows all of it.
func (p *packer) writeIndex(ctx context.Context, into io.Writer) error {
	h := &htmlWriter{Writer: bufio.NewWriter(into)}
	title := p.texts.Plain(texts.NoteExportTitle, nil)
	h.raw("<!DOCTYPE html>\n<html lang=\"", p.texts.Language(), "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>")
	h.text(title)
	h.raw("</title><style>", exportStyle, "</style></head><body><h1>")
	h.text(title)
	h.raw("</h1>")
	for _, notice := range p.notices() {
		h.raw("\n<p>")
		h.text(notice)
		h.raw("</p>")
	}
	for _, c := range storage.Categories() {
		h.raw("\n<h2>")
		h.text(p.texts.Plain(heldTitle(c), nil))
		h.raw("</h2><p class=\"about\">")
		h.text(p.texts.Plain(heldFor(c), nil))
		h.raw("</p>")
		if err := p.indexCategory(ctx, h, c); err != nil {
			return err
		}
	}
	h.raw("\n</body></html>\n")
	return h.Flush()
}

// indexCategory shows the tables of a category that have rows.
func (p *packer) indexCategory(ctx context.Context, h *htmlWriter, c storage.Category) error {
	some := false
	for _, t := range storage.ShownTables(c) {
		shown, err := p.indexTable(ctx, h, t)
		if err != nil {
			return err
		}
		some = some || shown
	}
	if !some {
		h.raw("<p>")
		h.text(p.texts.Plain(texts.NoteExportNone, nil))
		h.raw("</p>")
	}
	return nil
}

// indexTable shows the rows of a table, or reports that there are none.
func (p *packer) indexTable(ctx context.Context, h *htmlWriter, t storage.Table) (some bool, err error) {
	pictures := t.Name == "images"
	for one, err := range p.Store.Dossier(ctx, p.person.ID, t) {
		if err != nil {
			return false, err
		}
		if !some {
			p.indexHead(h, t, pictures)
		}
		if some = true; pictures {
			indexPicture(h, t.Shown(), one.Values)
			continue
		}
		h.raw("\n<tr>")
		for i, name := range t.Shown() {
			h.raw("<td>")
			if slices.Contains(one.Unreadable, name) {
				h.text(p.texts.Plain(texts.NoteExportGone, nil))
			}
			h.text(human(one.Values[i]))
			h.raw("</td>")
		}
		h.raw("</tr>")
	}
	if some && pictures {
		h.raw("</div>")
	} else if some {
		h.raw("</table>")
	}
	return some, nil
}

func (p *packer) indexHead(h *htmlWriter, t storage.Table, pictures bool) {
	h.raw("\n<h3>")
	h.text(words(t.Name) + " · " + p.texts.Plain(groundNote(t.Ground), nil))
	h.raw("</h3>")
	if pictures {
		h.raw("<div class=\"pictures\">")
		return
	}
	h.raw("<table><tr>")
	for _, name := range t.Shown() {
		h.raw("<th>")
		h.text(words(fieldName(name)))
		h.raw("</th>")
	}
	h.raw("</tr>")
}

// indexPicture shows a picture and leads to it.
func indexPicture(h *htmlWriter, names []string, values []any) {
	row := make(map[string]any, len(names))
	for i, name := range names {
		row[name] = values[i]
	}
	c := storage.Cursor{}
	c.Generation, _ = row["generation_id"].(string)
	c.Role, _ = row["role"].(string)
	n, _ := row["n"].(int64)
	c.N = int(n)
	mediaType, _ := row["media_type"].(string)
	path := imagePath(c, mediaType)
	h.raw("\n<a href=\"", path, "\"><img loading=\"lazy\" alt=\"\" src=\"", path, "\">")
	h.text(human(row["created_at"]))
	h.raw("</a>")
}

// htmlWriter writes a page piece by piece. The first error stays, and Flush returns it.
type htmlWriter struct{ *bufio.Writer }

// raw writes markup of our own.
func (h *htmlWriter) raw(pieces ...string) {
	for _, one := range pieces {
		_, _ = h.WriteString(one)
	}
}

// text writes what somebody else may have written.
func (h *htmlWriter) text(s string) { h.raw(html.EscapeString(s)) }

// words are a name without underscores.
func words(name string) string { return strings.ReplaceAll(name, "_", " ") }

// human is a value as people read it.
func human(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return "✓"
		}
		return "–"
	case time.Time:
		return v.UTC().Format("2006-01-02 15:04 UTC")
	case json.RawMessage:
		var inside any
		if json.Unmarshal(v, &inside) != nil {
			return string(v)
		}
		return strings.TrimSuffix(nested(inside), "\n")
	}
	return fmt.Sprint(v)
}

// nested writes what is inside JSON as lines.
func nested(v any) string {
	var b strings.Builder
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			fmt.Fprintf(&b, "%s: %s\n", words(name), strings.TrimSuffix(nested(v[name]), "\n"))
		}
		return b.String()
	case []any:
		for _, one := range v {
			fmt.Fprintln(&b, strings.TrimSuffix(nested(one), "\n"))
		}
		return b.String()
	case float64:
		if v == float64(int64(v)) {
			return strconv.FormatInt(int64(v), 10)
		}
	}
	return fmt.Sprint(v)
}
