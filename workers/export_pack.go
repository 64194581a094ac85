package workers

import (
	"archive/zip"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/workers/texts"
)

// The files of an export. Pictures lie in a folder; everything else is in the first part.
const (
	exportData   = "data.json"
	exportSchema = "schema.json"
	exportIndex  = "index.html"
	exportReadme = "README.txt"
	exportImages = "images"
)

// schemaDocument describes data.json.
//
//go:embed export.schema.json
var schemaDocument []byte

// packer writes one part of an export.
type packer struct {
	*Workers
	zip     *zip.Writer
	written *meter
	person  storage.Person
	texts   texts.Printer
	plan    *exportPlan
}

// meter counts what passes through it.
type meter struct {
	io.Writer
	n int64
}

// Write implements io.Writer.
func (c *meter) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.n += int64(n)
	return n, err
}

func (w *Workers) newPacker(into io.Writer, person storage.Person, plan *exportPlan) *packer {
	c := &meter{Writer: into}
	return &packer{w, zip.NewWriter(c), c, person, w.printer(person.Lang), plan}
}

// pack writes the next part of the plan, of about so many bytes at most. The first makes the plan.
func (p *packer) pack(ctx context.Context, limit int64) error {
	if p.plan.Done == 0 {
		p.plan.Made, p.plan.Parts = time.Now().UTC().Truncate(time.Second), nil
		if err := p.packData(ctx, limit); err != nil {
			return err
		}
	}
	if err := p.file(exportReadme, p.readme); err != nil {
		return err
	}
	if err := p.packImages(ctx); err != nil {
		return err
	}
	return p.zip.Close()
}

// packData writes what is in the first part only.
func (p *packer) packData(ctx context.Context, limit int64) error {
	if err := p.file(exportData, func(w io.Writer) error { return p.writeData(ctx, w) }); err != nil {
		return err
	}
	if err := p.file(exportSchema, func(w io.Writer) error { _, err := w.Write(schemaDocument); return err }); err != nil {
		return err
	}
	if err := p.zip.Flush(); err != nil {
		return err
	}
	// The page says how many parts there are and is not written yet. It holds the same, so it is about as large.
	if err := p.divide(ctx, limit, 2*p.written.n+64<<10); err != nil {
		return err
	}
	return p.file(exportIndex, func(w io.Writer) error { return p.writeIndex(ctx, w) })
}

// file adds a file of text that write writes.
func (p *packer) file(name string, write func(io.Writer) error) error {
	into, err := p.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: p.plan.Made})
	if err != nil {
		return err
	}
	return write(into)
}

// imagePage is how many pictures are read at once.
const imagePage = 200

// entryBytes is more than a picture takes in a ZIP file beside its bytes.
const entryBytes = 512

// divide decides which pictures go into which part. The first has room for what is left beside used.
func (p *packer) divide(ctx context.Context, limit, used int64) error {
	parts := []packedPart{{Bytes: used}}
	err := p.eachImage(ctx, storage.Cursor{}, func(h storage.HeldImage) error {
		last := &parts[len(parts)-1]
		size := h.Bytes + entryBytes
		if used+size > limit && (last.Images > 0 || len(parts) == 1) {
			parts, used = append(parts, packedPart{Until: last.Until}), 0
			last = &parts[len(parts)-1]
		}
		used += size
		last.Until, last.Bytes = h.Cursor, used
		last.Images++
		return nil
	})
	p.plan.Parts = parts
	return err
}

// eachImage calls f for the pictures behind a place, page by page.
func (p *packer) eachImage(ctx context.Context, after storage.Cursor, f func(storage.HeldImage) error) error {
	for {
		page, err := p.Store.HeldImages(ctx, p.person.ID, after, imagePage)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, h := range page {
			if err := f(h); err != nil {
				return err
			}
		}
		after = page[len(page)-1].Cursor
	}
}

// errPartFull ends the pictures of a part.
var errPartFull = errors.New("the part has all its pictures")

// packImages writes the pictures of the part. What was deleted meanwhile is left out.
func (p *packer) packImages(ctx context.Context) error {
	part := p.plan.Parts[p.plan.Done]
	var after storage.Cursor
	if p.plan.Done > 0 {
		after = p.plan.Parts[p.plan.Done-1].Until
	}
	if part.Images == 0 {
		return nil
	}
	err := p.eachImage(ctx, after, func(h storage.HeldImage) error {
		if part.Until.Before(h.Cursor) {
			return errPartFull
		}
		return p.packImage(ctx, h)
	})
	if errors.Is(err, errPartFull) {
		return nil
	}
	return err
}

func (p *packer) packImage(ctx context.Context, h storage.HeldImage) error {
	body, err := p.open(ctx, h.Image)
	if errors.Is(err, objects.ErrNotFound) {
		p.Log.WarnContext(ctx, "picture of an export is not there", "generation", h.Image.Generation)
		return nil
	}
	if err != nil {
		return err
	}
	defer body.Close()
	into, err := p.zip.CreateHeader(&zip.FileHeader{Name: imagePath(h.Cursor, h.MediaType), Method: zip.Store, Modified: time.UnixMicro(h.At).UTC()})
	if err != nil {
		return err
	}
	if _, err := io.Copy(into, body); err != nil {
		return fmt.Errorf("copy a picture: %w", err)
	}
	return nil
}

// unsafe is what has no place in the name of a file.
var unsafe = regexp.MustCompile(`[^0-9A-Za-z-]+`)

// imagePath is where a picture lies in an export: results by their generation, and beside them what was sent for it.
func imagePath(c storage.Cursor, mediaType string) string {
	name := unsafe.ReplaceAllString(c.Generation, "_")
	if c.Role == "reference" {
		name += "-sent"
	}
	return exportImages + "/" + name + "-" + strconv.Itoa(c.N+1) + "." + extension(mediaType)
}

// readme is the same as the head of the page, for whoever opens the archive alone.
func (p *packer) readme(w io.Writer) error {
	_, err := io.WriteString(w, p.texts.Plain(texts.NoteExportTitle, nil)+"\n\n"+strings.Join(p.notices(), "\n\n")+"\n")
	return err
}

// notices say what an export is, where it comes from, and what one can do.
func (p *packer) notices() []string {
	all := []string{p.texts.Plain(texts.AboutExportIntro, map[string]any{"When": p.plan.Made, "Data": exportData, "Images": exportImages})}
	if of := len(p.plan.Parts); of > 1 {
		all = append(all, p.texts.Plain(texts.AboutExportPart, map[string]any{"Number": p.plan.Done + 1, "Of": of}))
	}
	return append(all, p.texts.Plain(texts.AboutExportSource, nil), p.texts.Plain(texts.AboutExportRights, map[string]any{"Hub": "/privacy"}))
}
