package workers

import (
	"context"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/storage/objects"
)

// An export is everything that is held about a person, as ZIP files: each part is one of its own that Telegram takes, sealed
// under the person's key in the object store. A part is stored under a name that follows from the request, so that it is packed
// again after a crash without leaving another; that it is there, and that the person is owed it, is one transaction. Parts
// are deleted when they have been kept long enough, whatever became of them.

// exportPart is the most bytes of a part; what Telegram takes is a little more.
const exportPart = 48_000_000

// exportPlan is how far an export has come: the body of its request.
type exportPlan struct {
	Made  time.Time    `json:"made,omitzero"`
	Parts []packedPart `json:"parts,omitempty"` // all, once the first is packed
	Done  int          `json:"done"`            // parts that are packed
	// Address is where it goes by mail; empty: into the chat.
	Address string `json:"address,omitempty"`
}

// packedPart is one ZIP file.
type packedPart struct {
	Until  storage.Cursor `json:"until"` // its last picture
	Images int            `json:"images"`
	Bytes  int64          `json:"bytes"` // of the file; about, until it is packed
}

func planOf(r storage.Right) (p exportPlan, err error) {
	if r.Body == nil {
		return p, nil
	}
	if err := json.Unmarshal(r.Body, &p); err != nil {
		return p, fmt.Errorf("decode the plan of an export: %w", err)
	}
	return p, nil
}

// megabytes are those of all parts.
func (p exportPlan) megabytes() int64 {
	var all int64
	for _, one := range p.Parts {
		all += one.Bytes
	}
	return wholeMegabytes(all)
}

// megabytes are at least one, for people.
func wholeMegabytes(bytes int64) int64 { return max(1, (bytes+500_000)/1_000_000) }

// exportState is what is told about an export under way.
func exportState(r storage.Right) map[string]any {
	p, _ := planOf(r)
	if len(p.Parts) < 2 {
		return map[string]any{"Number": 1, "Of": 0}
	}
	return map[string]any{"Number": min(p.Done+1, len(p.Parts)), "Of": len(p.Parts)}
}

// exportFile is a part on its way to somebody.
type exportFile struct {
	Right  string `json:"right"`
	Number int    `json:"number"` // from 1
	Of     int    `json:"of"`
	Bytes  int64  `json:"bytes"`
}

// name is what the file is called.
func (f exportFile) name() string {
	if f.Of == 1 {
		return "imagika-export.zip"
	}
	return fmt.Sprintf("imagika-export-%d-of-%d.zip", f.Number, f.Of)
}

// place is which part it is, for people: of none if there is one only.
func (f exportFile) place() map[string]any {
	of := f.Of
	if of == 1 {
		of = 0
	}
	return map[string]any{"Number": f.Number, "Of": of, "Megabytes": wholeMegabytes(f.Bytes)}
}

// exportKey is where a part lies.
func (w *Workers) exportKey(user int64, right string, number int) string {
	sum := w.Sealer.MAC("export", strconv.FormatInt(user, 10), right, strconv.Itoa(number))
	return objects.ExportKey(user, strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:16])))
}

// serveExport sends a person everything that is held about them.
func (w *Workers) serveExport(ctx context.Context, r storage.Right) error {
	return w.export(ctx, r, w.exportSends, func(ctx context.Context, _ storage.Person, _ exportPlan) (storage.Outbox, error) {
		return w.Store.EndRight(ctx, r, storage.RightDone, "", nil)
	})
}

// export packs the parts that are missing, one after the other, and owes each as soon as it is stored. Then end
// ends the request.
func (w *Workers) export(ctx context.Context, r storage.Right, owe func(storage.Person, exportFile) []storage.Send,
	end func(context.Context, storage.Person, exportPlan) (storage.Outbox, error),
) error {
	person, err := w.Store.PersonByID(ctx, r.User)
	if errors.Is(err, keys.ErrDestroyed) || err == nil && person.Erasing {
		_, err = w.Store.EndRight(ctx, r, storage.RightRefused, "erasing", nil)
		return err
	}
	if err != nil {
		return err
	}
	plan, err := planOf(r)
	if err != nil {
		return err
	}
	for len(plan.Parts) == 0 || plan.Done < len(plan.Parts) {
		if err := w.packNext(ctx, r, person, &plan); err != nil {
			return err
		}
		w.Step("packed")
		file := exportFile{r.ID, plan.Done, len(plan.Parts), plan.Parts[plan.Done-1].Bytes}
		body, err := json.Marshal(plan)
		if err != nil {
			return fmt.Errorf("encode the plan of an export: %w", err)
		}
		out, err := w.Store.AdvanceRight(ctx, r, "part:"+strconv.Itoa(plan.Done), body, append(w.manyParts(person, r, plan), owe(person, file)...))
		if err != nil {
			return err
		}
		w.Step("owed")
		w.post(ctx, out)
	}
	out, err := end(ctx, person, plan)
	if err == nil {
		w.post(ctx, out)
	}
	return err
}

// packNext packs and stores the next part.
func (w *Workers) packNext(ctx context.Context, r storage.Right, person storage.Person, plan *exportPlan) error {
	key := w.exportKey(r.User, r.ID, plan.Done+1)
	sealed, err := objects.NewSpool(w.Settings.SpoolDir, 1<<40)
	if err != nil {
		return err
	}
	defer sealed.Close()
	sealer, err := w.Keys.Person(ctx, r.User)
	if err != nil {
		return err
	}
	into := sealer.SealWriter(key, sealed)
	p := w.newPacker(into, person, plan)
	if err := p.pack(ctx, w.Settings.ExportPart); err != nil {
		return fmt.Errorf("pack an export: %w", err)
	}
	if err := into.Close(); err != nil {
		return fmt.Errorf("seal an export: %w", err)
	}
	err = w.insist(ctx, "object", func() error {
		return w.Objects.Put(ctx, key, sealed.Reader(), sealed.Size(), "application/octet-stream")
	})
	if err == nil {
		plan.Parts[plan.Done].Bytes = p.written.n
		plan.Done++
	}
	return err
}

// Export writes everything that is held about a person into one ZIP file, as large as it gets: an operator's answer to somebody
// who cannot use the bot. The person is named as everywhere at the desk. It stands in the audit log, and among their requests.
func (w *Workers) Export(ctx context.Context, by storage.By, name string, into io.Writer) error {
	person, err := w.Desk().person(ctx, name)
	if err != nil {
		return err
	}
	_, _, err = w.Store.AskRight(ctx, storage.Effect{}, storage.Right{User: person.ID, Kind: storage.RightExport, Origin: storage.RightOperator, Status: storage.RightDone})
	if errors.Is(err, storage.ErrRestricted) {
		return &OperatorError{"this person is being erased"}
	}
	if err != nil {
		return err
	}
	if _, err := w.Store.Acted(ctx, storage.Effect{}, storage.Act{By: by, What: "user export", Object: w.personHash(person.ID)}); err != nil {
		return err
	}
	return w.newPacker(into, person, &exportPlan{}).pack(ctx, 1<<40)
}

// dropExports deletes what was kept long enough.
func (w *Workers) dropExports(ctx context.Context) error {
	for one, err := range w.Objects.List(ctx, objects.ExportsPrefix) {
		if err != nil {
			return fmt.Errorf("list exports: %w", err)
		}
		if time.Since(one.Modified) < w.Settings.ExportKeep {
			continue
		}
		if err := w.Objects.Remove(ctx, one.Key); err != nil {
			return fmt.Errorf("delete an export: %w", err)
		}
		w.Metrics.swept.WithLabelValues("export").Inc()
	}
	return nil
}
