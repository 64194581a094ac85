package workers

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"io"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/storage/objects/objectstest"
	"github.com/imagika/imagika/storage/storagetest"
)

// gallery is a bucket with pictures, and the rows of them.
type gallery struct {
	testing.TB
	raw   *sql.DB
	w     *Workers
	user  int64
	other int64
}

func newGallery(t *testing.T) *gallery {
	t.Helper()
	url, k := storagetest.Migrated(t, storagetest.OnSQLite), storagetest.Keys(t)
	s, err := storage.Open(t.Context(), storage.Config{URL: url, Keys: k})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	raw, err := sql.Open("sqlite", url+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	g := &gallery{TB: t, raw: raw, w: &Workers{Config: Config{Store: s, Keys: k, Objects: objectstest.New(t)}}}
	for i, id := range []*int64{&g.user, &g.other} {
		p, err := s.PersonByTelegram(t.Context(), int64(i+1), "en")
		if err != nil {
			t.Fatal(err)
		}
		*id = p.ID
		g.do(`INSERT INTO generations (id, user_id, origin, request_key, form, status, model, operation, images_wanted, price, created_at, updated_at)
			VALUES ($1, $2, 'cli', $1, 'pull', 'stored', 'local', 'generate', 4, 0, 1, 1)`, strconv.FormatInt(p.ID, 10), p.ID)
	}
	return g
}

func (g *gallery) do(query string, args ...any) {
	g.Helper()
	if _, err := g.raw.ExecContext(g.Context(), query, args...); err != nil {
		g.Fatal(err)
	}
}

// put stores what a picture is to be, under a person's key, and returns where.
func (g *gallery) put(user int64, n int, plain string) (key string) {
	g.Helper()
	key = objects.ReferenceKey(user, strconv.FormatInt(user, 10), n, "png")
	sealer, err := g.w.Keys.Person(g.Context(), user)
	if err != nil {
		g.Fatal(err)
	}
	var sealed bytes.Buffer
	to := sealer.SealWriter(key, &sealed)
	if _, err = io.WriteString(to, plain); err == nil {
		err = to.Close()
	}
	if err == nil {
		err = g.w.Objects.Put(g.Context(), key, bytes.NewReader(sealed.Bytes()), int64(sealed.Len()), "application/octet-stream")
	}
	if err != nil {
		g.Fatal(err)
	}
	return key
}

// add stores a picture, and makes its row.
func (g *gallery) add(user int64, n int, plain string) (key string) {
	g.Helper()
	key = g.put(user, n, plain)
	sum := sha256.Sum256([]byte(plain))
	g.do(`INSERT INTO images (generation_id, role, n, user_id, object_key, sha256, bytes, width, height, media_type, created_at)
		VALUES ($1, 'reference', $2, $3, $4, $5, $6, 1, 1, 'image/png', 1)`, strconv.FormatInt(user, 10), n, user, key, hex.EncodeToString(sum[:]), len(plain))
	return key
}

// proved are the rows that a look names, by invariant; examined is how many pictures were read.
func (g *gallery) proved(all bool) (found map[string][]string, examined int64) {
	g.Helper()
	checks, err := ProvePictures(g.Context(), g.w.Store, g.w.Keys, g.w.Objects, all)
	if err != nil {
		g.Fatal(err)
	}
	found = map[string][]string{}
	for _, c := range checks {
		if c.Broken > 0 {
			found[c.Invariant] = c.Rows
		}
		if c.Invariant == pictureSame {
			examined = c.Examined
		}
	}
	return found, examined
}

// A picture that is lost, cut, swapped or somebody's who was erased is each found, and changes nothing.
func TestProvePictures(t *testing.T) {
	t.Parallel()
	for _, all := range []bool{false, true} {
		g := newGallery(t)
		fine, lost := g.add(g.user, 0, "a fox"), g.add(g.user, 1, "an owl")
		cut, swapped, gone := g.add(g.user, 2, "two owls"), g.add(g.user, 3, "a cat"), g.add(g.other, 0, "a dog")
		if found, read := g.proved(all); len(found) != 0 || read != 5 {
			t.Errorf("before: %v, %d read", found, read)
		}
		if err := g.w.Objects.Remove(t.Context(), lost); err != nil {
			t.Fatal(err)
		}
		g.put(g.user, 2, "two")
		g.put(g.user, 3, "a car")
		g.do(`DELETE FROM images WHERE user_id = $1`, g.other)
		if found, _ := g.proved(all); found[nothingErased] != nil {
			t.Errorf("of somebody who is here: %v", found)
		}
		g.do(`UPDATE users SET lookup = NULL, profile = NULL, erasing_at = 1, erased_at = 1 WHERE id = $1`, g.other)
		want := map[string][]string{pictureThere: {lost}, pictureSized: {cut}, pictureSame: {swapped}, nothingErased: {gone}}
		found, read := g.proved(all)
		if diff := cmp.Diff(want, found); diff != "" || read != 2 {
			t.Errorf("all %v, %d read (-want +got):\n%s", all, read, diff)
		}
		if _, err := g.w.Objects.Stat(t.Context(), fine); err != nil {
			t.Error(err)
		}
		if _, err := g.w.Objects.Stat(t.Context(), gone); err != nil {
			t.Error(err)
		}
		if err := g.w.Keys.Destroy(t.Context(), g.user); err != nil {
			t.Fatal(err)
		}
		if found, _ := g.proved(all); len(found[pictureSame]) != 2 {
			t.Errorf("without a key: %v", found)
		}
	}
}

// Where not all pictures are read, some are, each with the same chance.
func TestProvedSample(t *testing.T) {
	t.Parallel()
	last := 0
	for range 40 {
		p := &bucketProof{}
		for n := range 3 * provedSample {
			p.pictures++
			p.pick(storage.Image{N: n})
		}
		if len(p.sample) != provedSample {
			t.Fatalf("%d are read", len(p.sample))
		}
		for _, i := range p.sample {
			if i.N >= 2*provedSample {
				last++
			}
		}
	}
	if share := float64(last) / (40 * provedSample); share < .25 || share > .42 { // a third, with room for chance
		t.Errorf("%.2f of what is read is of the last third", share)
	}
}
