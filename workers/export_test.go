package workers

import (
	"archive/zip"
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/storage/objects/objectstest"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
	"github.com/imagika/imagika/workers/texts"
)

// vault is a till whose person has everything, and pictures in a real object store.
type vault struct {
	*till
	keys     *keys.Store
	address  string
	raw      *sql.DB
	pictures map[string][]byte // by their path in an export
}

func newVault(t *testing.T) *vault {
	t.Helper()
	v := &vault{keys: storagetest.Keys(t), address: storagetest.Migrated(t, storagetest.OnSQLite), pictures: map[string][]byte{}}
	s, err := storage.Open(t.Context(), storage.Config{URL: v.address, Keys: v.keys})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	v.till = newTillOn(t, s)
	v.w.Settings, v.w.Keys, v.w.Limits = v.w.Settings.withDefaults(), v.keys, providers.NewLocalLimits()
	v.w.Objects = objectstest.New(t)
	if v.raw, err = sql.Open("sqlite", v.address+"?_pragma=busy_timeout(10000)"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.raw.Close() })
	if _, err := v.raw.ExecContext(t.Context(), `DELETE FROM consents`); err != nil { // there are others to be put in
		t.Fatal(err)
	}
	return v
}

// fill gives Ada everything, with pictures in the object store.
func (v *vault) fill() []storagetest.Row {
	v.Helper()
	rows := storagetest.Everything(v, v.address, v.keys, v.user.ID, "hers")
	v.do(`DELETE FROM lobby`) // nobody with everything can be there and talk
	v.do(`UPDATE users SET lang = 'en' WHERE id = $1`, v.user.ID)
	all, err := v.w.Store.HeldImages(v.Context(), v.user.ID, storage.Cursor{}, 10)
	if err != nil || len(all) != 2 {
		v.Fatalf("%+v, %v", all, err)
	}
	for i, h := range all {
		content := encoded(v.T, 64+i, 64, "png")
		v.store(h.Key, content)
		v.pictures[imagePath(h.Cursor, h.MediaType)] = content
		v.do(`UPDATE images SET bytes = $1 WHERE object_key = $2`, len(content), h.Key)
	}
	return rows
}

func (v *vault) store(key string, content []byte) {
	v.Helper()
	s, err := v.w.spool(bytes.NewReader(content), 1<<20)
	if err != nil {
		v.Fatal(err)
	}
	defer s.Close()
	if err := v.w.put(v.Context(), v.user.ID, key, picture{Spool: s}); err != nil {
		v.Fatal(err)
	}
}

func (v *vault) do(query string, args ...any) {
	v.Helper()
	if _, err := v.raw.ExecContext(v.Context(), query, args...); err != nil {
		v.Fatalf("%s: %v", query, err)
	}
}

// taps has Ada press the button of a page of /privacy, which stands under a message of its own.
func (v *vault) taps(page string) {
	v.Helper()
	id, err := v.w.Store.NewID()
	if err != nil {
		v.Fatal(err)
	}
	out, err := v.w.Store.Record(v.Context(), storage.Effect{Sends: []storage.Send{{User: v.user.ID, Kind: storage.SendMessage, Body: messageBody{
		Chat: v.ada.ID(), Text: "Press " + id, Keyboard: [][]telegram.Button{{{Text: "Go", Data: v.w.signer.Data(telegram.OpPrivacy, page, v.ada.ID(), "")}}},
	}}}})
	if err != nil {
		v.Fatal(err)
	}
	v.w.post(v.Context(), out)
	v.work()
	v.press(v.ada, "Press "+id, "Go")
}

// documents are the files that Ada has got.
func (v *vault) documents() (all []telegramtest.Message) {
	for _, m := range v.ada.Messages() {
		if m.FromBot() && m.Document != nil {
			all = append(all, m)
		}
	}
	return all
}

// unzip reads what Ada got: the files of an archive by name.
func (v *vault) unzip(m telegramtest.Message) map[string][]byte {
	v.Helper()
	_, content, ok := v.tg.File(m.Document.FileID)
	if !ok {
		v.Fatal("the file is not there")
	}
	return unzipped(v.T, content)
}

func unzipped(t *testing.T, content []byte) map[string][]byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range r.File {
		if strings.Contains(f.Name, "..") || strings.HasPrefix(f.Name, "/") || !regexp.MustCompile(`^[0-9A-Za-z./_-]+$`).MatchString(f.Name) || files[f.Name] != nil {
			t.Errorf("a file is called %q, or is there twice", f.Name)
		}
		body, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(body); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
	return files
}

// exported is data.json as its schema describes it.
type exported struct {
	Schema     string    `json:"schema"`
	MadeAt     time.Time `json:"made_at"`
	Language   string    `json:"language"`
	Source     string    `json:"source"`
	Rights     string    `json:"rights"`
	Recipients []struct {
		Service string    `json:"service"`
		Region  string    `json:"region"`
		For     string    `json:"for"`
		ID      string    `json:"id"`
		Model   string    `json:"model"`
		Arrived bool      `json:"arrived"`
		SentAt  time.Time `json:"sent_at"`
	} `json:"recipients"`
	Categories []struct {
		Name   storage.Category `json:"name"`
		Title  string           `json:"title"`
		About  string           `json:"about"`
		Tables []struct {
			Name         string           `json:"name"`
			Purpose      string           `json:"purpose"`
			Ground       storage.Ground   `json:"ground"`
			Kept         string           `json:"kept"`
			AfterErasure storage.Fate     `json:"after_erasure"`
			Rows         []map[string]any `json:"rows"`
		} `json:"tables"`
	} `json:"categories"`
}

// An export has what was put in: every row of every table that a person gets to see, every field, and every picture.
func TestExport(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	rows := v.fill()
	v.taps("access")
	v.press(v.ada, "What I have about you", "📦 Export")
	all := v.documents()
	if len(all) != 1 || !strings.Contains(all[0].Caption, "Your data. Unpack it") || all[0].Document.FileName != "imagika-export.zip" {
		t.Fatalf("%+v\n%s", all, v.tg.Transcript(v.ada))
	}
	files := v.unzip(all[0])
	v.hasRows(files[exportData], rows)
	for path, want := range v.pictures {
		if !bytes.Equal(files[path], want) {
			t.Errorf("picture %s is not as it was", path)
		}
	}
	page := string(files[exportIndex])
	for _, m := range regexp.MustCompile(`src="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if files[m[1]] == nil {
			t.Errorf("the page shows %s, which is not there", m[1])
		}
	}
	if n := strings.Count(page, "hers-"); n < 20 || regexp.MustCompile(`https?:|<script`).MatchString(page) {
		t.Errorf("the page has %d of what she wrote, or needs a network", n)
	}
	if !json.Valid(files[exportSchema]) || !strings.Contains(string(files[exportReadme]), "data.json") {
		t.Error("the schema or the readme is wrong")
	}
}

// hasRows compares data.json with what was put in.
func (v *vault) hasRows(text []byte, rows []storagetest.Row) {
	v.Helper()
	var e exported
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		v.Fatal(err)
	}
	if e.Schema != exportVersion || len(e.Categories) != len(storage.Categories()) || e.Source == "" || e.Rights == "" {
		v.Errorf("%s, %d categories", e.Schema, len(e.Categories))
	}
	if len(e.Recipients) == 0 {
		v.Error("nobody received anything")
	}
	for _, r := range e.Recipients {
		if r.Service == "" || r.Region == "" || r.For == "" || r.ID == "" || r.SentAt.IsZero() {
			v.Errorf("recipient %+v", r)
		}
	}
	all := map[string][]map[string]any{}
	for _, c := range e.Categories {
		for _, t := range c.Tables {
			all[t.Name] = t.Rows
			if t.Purpose == "" || t.Ground == "" || t.Kept == "" || t.AfterErasure == "" || c.Title == "" || c.About == "" {
				v.Errorf("table %s: %+v", t.Name, t)
			}
		}
	}
	for _, t := range storage.Inventory() {
		put := slices.DeleteFunc(slices.Clone(rows), func(r storagetest.Row) bool { return r.Table != t.Name || t.Name == "lobby" })
		if len(t.Shown()) == 0 || t.Of == "" || t.Category == storage.CategoryRights || slices.Contains([]string{"deliveries", "message_notes", "consents"}, t.Name) {
			continue // agreeing, asking and telling add to them
		}
		if len(all[t.Name]) != len(put) {
			v.Errorf("table %s: %d rows, want %d", t.Name, len(all[t.Name]), len(put))
		}
		if text := fmt.Sprint(all[t.Name]); strings.Contains(text, "\x00") {
			v.Errorf("table %s shows bytes", t.Name)
		}
	}
	marker := regexp.MustCompile(`hers-[0-9a-z_]+`)
	want := map[string]bool{}
	for _, r := range rows {
		for _, name := range v.shown(r.Table) {
			plain, _ := json.Marshal(r.Values[name])
			if raw, ok := r.Values[name].([]byte); ok {
				plain = raw
			}
			for _, m := range marker.FindAllString(string(plain), -1) {
				want[m] = true
			}
		}
	}
	got := map[string]bool{}
	for _, m := range marker.FindAllString(string(text), -1) {
		got[m] = true
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) < 20 {
		v.Errorf("%d markers (-put in +exported):\n%s", len(want), diff)
	}
}

func (v *vault) shown(table string) []string {
	for _, t := range storage.Inventory() {
		if t.Name == table {
			return t.Shown()
		}
	}
	return nil
}

// A large export comes in parts, each an archive of its own. Whenever the process dies, all of them come, each once.
func TestExportInPartsWhileProcessesDie(t *testing.T) {
	t.Parallel()
	for crash := range 7 {
		v := newVault(t)
		v.fill()
		v.w.Settings.ExportPart = 100 // each picture goes into a part of its own
		left := crash
		v.w.Step = func(name string) {
			if slices.Contains([]string{"right", "packed", "owed"}, name) {
				if left--; left == -1 {
					panic(errCrash)
				}
			}
		}
		v.survive(func() { v.taps("export") })
		v.do(`UPDATE rights SET lease_until = 0`)
		v.sweepRights()
		all := v.documents()
		if len(all) != 3 {
			t.Fatalf("crash %d: %d files:\n%s", crash, len(all), v.tg.Transcript(v.ada))
		}
		pictures := map[string][]byte{}
		for i, m := range all {
			if want := fmt.Sprintf("part %d of 3", i+1); !strings.Contains(m.Caption, want) || m.Document.FileName != fmt.Sprintf("imagika-export-%d-of-3.zip", i+1) {
				t.Errorf("crash %d: %q, %q, want %s", crash, m.Caption, m.Document.FileName, want)
			}
			files := v.unzip(m)
			if (files[exportData] != nil) != (i == 0) || !strings.Contains(string(files[exportReadme]), fmt.Sprintf("Part %d of 3", i+1)) {
				t.Errorf("crash %d: part %d has the wrong files", crash, i+1)
			}
			for path, content := range files {
				if strings.HasPrefix(path, exportImages) {
					pictures[path] = content
				}
			}
		}
		if diff := cmp.Diff(v.pictures, pictures); diff != "" {
			t.Errorf("crash %d: other pictures", crash)
		}
		if told(v.ada, "3 files") != 1 || told(v.ada, "not reached you") != 0 {
			t.Errorf("crash %d:\n%s", crash, v.tg.Transcript(v.ada))
		}
	}
}

func (v *vault) survive(f func()) {
	v.Helper()
	defer func() {
		if cause := recover(); cause != nil && cause != any(errCrash) {
			panic(cause)
		}
	}()
	f()
}

// sweepRights enqueues the requests that nobody works on, and what nobody sent.
func (v *vault) sweepRights() {
	v.Helper()
	refs, err := v.w.Store.SweepRights(v.Context(), 10, true)
	if err != nil {
		v.Fatal(err)
	}
	for _, r := range refs {
		v.w.enqueue(v.Context(), queue.NewRightServeTask(r.ID, r.Epoch))
	}
	deliveries, err := v.w.Store.SweepDeliveries(v.Context(), 10, true)
	if err != nil {
		v.Fatal(err)
	}
	v.w.post(v.Context(), deliveries)
	v.work()
}

// Of a file that Telegram does not take there is a link. It works until everything was read, once; files that were kept long
// enough are gone.
func TestExportByLink(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	v.fill()
	v.w.Settings.FilesURL, v.w.Settings.ExportKeep = "https://example.org/f", 168*time.Hour // the longest that can be set
	v.tg.Fault(telegramtest.Fault{Method: "sendDocument", Code: 413, Description: "Request Entity Too Large"})
	v.taps("export")
	m := v.last(v.ada, "Download it here")
	var token string
	for _, e := range m.Entities {
		if e.URL != "" {
			_, token, _ = strings.Cut(e.URL, "/f/")
		}
	}
	read := func(token string, whole bool) []byte {
		t.Helper()
		f, err := v.w.OpenFile(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		var content []byte
		if whole {
			if content, err = io.ReadAll(f.Body); err != nil || int64(len(content)) != f.Bytes {
				t.Fatalf("%d bytes of %d, %v", len(content), f.Bytes, err)
			}
		} else if _, err := f.Body.Read(make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
		if err := f.Body.Close(); err != nil {
			t.Fatal(err)
		}
		return content
	}
	for _, forged := range []string{token + "x", strings.Replace(token, ".1.", ".2.", 1), "x.1.2.3.4.5", "x.", "x"} {
		if _, err := v.w.OpenFile(t.Context(), forged); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("forged link %q: %v", forged, err)
		}
	}
	over := strings.Split(token, ".")
	over[4] = strconv.FormatInt(time.Now().Unix(), 36)
	over[5] = v.w.exportCode(over[1], over[2], over[3], over[4])
	if _, err := v.w.OpenFile(t.Context(), strings.Join(over, ".")); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("a link whose time is over: %v", err)
	}
	read(token, false) // broken off
	if files := unzipped(t, read(token, true)); files[exportData] == nil {
		t.Error("the file behind the link has no data")
	}
	if _, err := v.w.OpenFile(t.Context(), token); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("a link that was used: %v", err)
	}
	v.do(`UPDATE consumed_actions SET consumed_at = consumed_at - $1`, v.w.Settings.ExportKeep.Microseconds())
	if _, err := v.w.Store.Retain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := v.w.OpenFile(t.Context(), token); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("a link that was used when it was new: %v", err)
	}
	v.w.Settings.FilesURL = ""
	v.taps("export")
	if told(v.ada, "give it to you another way") != 1 {
		t.Errorf("no site:\n%s", v.tg.Transcript(v.ada))
	}
	v.w.Settings.ExportKeep = 0
	if err := v.w.dropExports(t.Context()); err != nil {
		t.Fatal(err)
	}
	for one := range v.w.Objects.List(t.Context(), objects.ExportsPrefix) {
		t.Errorf("%s is still there", one.Key)
	}
}

// Somebody who has one under way hears how far it is; a few a day are enough; who is being erased gets none.
func TestExportsAreFew(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	v.w.Step = func(name string) {
		if name == "right" {
			panic(errCrash)
		}
	}
	v.survive(func() { v.taps("export") })
	v.taps("export")
	if told(v.ada, "on its way already") != 1 {
		t.Errorf("one is under way:\n%s", v.tg.Transcript(v.ada))
	}
	v.w.Step = func(string) {}
	v.do(`UPDATE rights SET lease_until = 0`)
	v.sweepRights()
	for range exportsAtMost {
		v.taps("export")
	}
	if len(v.documents()) != exportsAtMost || told(v.ada, "The next one is possible in") != 1 {
		t.Errorf("%d exports:\n%s", len(v.documents()), v.tg.Transcript(v.ada))
	}
	for range 100 { // whatever else they ask for meanwhile
		_, _, err := v.w.Store.AskRight(t.Context(), storage.Effect{}, storage.Right{
			User: v.user.ID, Kind: storage.RightAccess, Origin: storage.RightChat, Status: storage.RightDone,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	p, err := v.w.Store.PersonByID(t.Context(), v.user.ID)
	if err != nil {
		t.Fatal(err)
	}
	var refusal *Refusal
	if _, err := v.w.AskExport(t.Context(), p, false); !errors.As(err, &refusal) || refusal.Code != RefusedTooMany || refusal.Wait < 23*time.Hour {
		t.Errorf("one more in the Mini App: %+v, %v", refusal, err)
	}
	v.do(`UPDATE rights SET created_at = created_at - $1`, (25 * time.Hour).Microseconds())
	v.w.Step = func(name string) {
		if name == "right" {
			v.do(`UPDATE users SET erasing_at = 1 WHERE id = $1`, v.user.ID)
		}
	}
	v.taps("export")
	rights, err := v.w.Store.Rights(t.Context(), v.user.ID, 1)
	if err != nil || rights[0].Status != storage.RightRefused || len(v.documents()) != exportsAtMost {
		t.Errorf("somebody who is being erased: %+v, %v, %d files", rights, err, len(v.documents()))
	}
	v.do(`UPDATE users SET erasing_at = NULL`) // there is no erasure that would end
}

// An operator's export is one file, however large, and stands in the audit log and among the person's requests.
func TestExportForALetter(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	rows := v.fill()
	v.w.Settings.ExportPart = 100
	var b bytes.Buffer
	by := storage.By{Who: "ann", Why: "a letter"}
	if err := v.w.Export(t.Context(), by, strconv.FormatInt(v.ada.ID(), 10), &b); err != nil {
		t.Fatal(err)
	}
	files := unzipped(t, b.Bytes())
	v.hasRows(files[exportData], rows)
	for path, want := range v.pictures {
		if !bytes.Equal(files[path], want) {
			t.Errorf("picture %s is not as it was", path)
		}
	}
	acts, err := v.w.Store.Acts(t.Context(), storage.ActFilter{Limit: 1})
	if err != nil || len(acts) != 1 || acts[0].What != "user export" || acts[0].Who != "ann" || acts[0].Why != "a letter" {
		t.Errorf("%+v, %v", acts, err)
	}
	if all, err := v.w.Store.Rights(t.Context(), v.user.ID, 1); err != nil || all[0].Origin != storage.RightOperator || all[0].Status != storage.RightDone {
		t.Errorf("%+v, %v", all, err)
	}
	for _, name := range []string{"nobody", "77"} {
		if err := v.w.Export(t.Context(), by, name, &b); !errors.As(err, new(*OperatorError)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// BenchmarkExport is data.json and the page of people with few rows and with many: the memory they take is the same.
func BenchmarkExport(b *testing.B) {
	for _, rows := range []int{100, 20_000} {
		b.Run(strconv.Itoa(rows), func(b *testing.B) {
			v := newStock(b, rows)
			var most uint64
			b.ReportAllocs()
			for b.Loop() {
				m := &summit{}
				if err := v.newPacker(m, storage.Person{ID: v.user}, &exportPlan{}).pack(b.Context(), 1<<40); err != nil {
					b.Fatal(err)
				}
				most = max(most, m.heap)
			}
			b.ReportMetric(float64(most)/(1<<20), "MiB-heap")
		})
	}
}

// stock is a person with that many quotes.
type stock struct {
	*Workers
	user int64
}

func newStock(b *testing.B, rows int) stock {
	b.Helper()
	k := storagetest.Keys(b)
	s, err := storage.Open(b.Context(), storage.Config{URL: storagetest.Migrated(b, storagetest.OnSQLite), Keys: k})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	p, err := s.PersonByTelegram(b.Context(), 1, "en")
	if err != nil {
		b.Fatal(err)
	}
	for i := range rows {
		if _, err := s.AddQuote(b.Context(), storage.Effect{}, storage.Quote{ID: strconv.Itoa(i), User: p.ID, Wishes: []storage.Wish{{Request: storage.Request{Prompt: strings.Repeat("a fox ", 50)}}}}); err != nil {
			b.Fatal(err)
		}
	}
	catalog, err := texts.New()
	if err != nil {
		b.Fatal(err)
	}
	return stock{&Workers{Config: Config{Store: s, Keys: k, Texts: catalog}}, p.ID}
}

// summit is the most heap there was at any write.
type summit struct {
	heap uint64
	n    int
}

// Write implements io.Writer.
func (p *summit) Write(b []byte) (int, error) {
	if p.n++; p.n%50 == 1 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		p.heap = max(p.heap, m.HeapAlloc)
	}
	return len(b), nil
}
