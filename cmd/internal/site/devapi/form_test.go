package devapi

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// form writes one, and returns it with its media type.
func form(t *testing.T, write func(*multipart.Writer) error) (body []byte, kind string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := write(w); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), w.FormDataContentType()
}

// TestFormsAreHeldOnce: the pictures of a form take no more memory than they are long, whether it says how long it is or not; and all
// forms at once no more than half of what Go may use of the container that web runs in.
func TestFormsAreHeldOnce(t *testing.T) {
	t.Parallel()
	pictures := []string{strings.Repeat("a", 3<<20), "", strings.Repeat("b", 700_000)}
	body, kind := form(t, func(w *multipart.Writer) error {
		for _, p := range pictures {
			part, err := w.CreateFormFile("image[]", "a.png")
			if err != nil {
				return err
			}
			if _, err := io.WriteString(part, p); err != nil {
				return err
			}
		}
		return w.WriteField("prompt", "a fox")
	})
	a := newAPI(&studio{view: done()}, 1000)
	for _, length := range []int64{int64(len(body)), -1} {
		r := httptest.NewRequest(http.MethodPost, editsPath, bytes.NewReader(body))
		r.ContentLength = length
		r.Header.Set("Content-Type", kind)
		q, err := a.readForm(httptest.NewRecorder(), r)
		if err != nil || len(q.images) != len(pictures) {
			t.Fatalf("%d pictures, %v", len(q.images), err)
		}
		held := 0
		for n, p := range pictures {
			if held += cap(q.images[n]); string(q.images[n]) != p {
				t.Errorf("picture %d is another", n)
			}
		}
		if held > len(body) {
			t.Errorf("%d bytes are held of %d", held, len(body))
		}
	}
	if uploadsAll > 400<<20/2 {
		t.Errorf("%d bytes may be held at once", uploadsAll)
	}
}

// TestFormsThatLie: more than a form said it is does not fit, and is not taken.
func TestFormsThatLie(t *testing.T) {
	t.Parallel()
	body, kind := formOf("a fox", map[string]string{})
	r := httptest.NewRequest(http.MethodPost, editsPath, strings.NewReader(body))
	r.ContentLength = 3
	r.Header.Set("Content-Type", kind)
	if _, err := newAPI(&studio{}, 1000).readForm(httptest.NewRecorder(), r); err == nil || !strings.HasPrefix(err.Error(), "request_too_large") {
		t.Error(err)
	}
}

// TestFieldsOfForms: each field of a request is taken from a form, and stands in the document for machines.
func TestFieldsOfForms(t *testing.T) {
	t.Parallel()
	var names []string
	for f := range reflect.TypeFor[request]().Fields() {
		if name := f.Tag.Get("json"); name != "" {
			names = append(names, name)
		}
	}
	body, kind := form(t, func(w *multipart.Writer) error {
		for _, name := range names {
			if err := w.WriteField(name, "1"); err != nil {
				return err
			}
		}
		return nil
	})
	fields, err := new(request).takeAll(multipart.NewReader(bytes.NewReader(body), strings.TrimPrefix(kind, "multipart/form-data; boundary=")))
	if err != nil || len(fields) != len(names) {
		t.Errorf("%d fields of %v, %v", len(fields), names, err)
	}
	var doc struct {
		Components struct {
			Schemas struct {
				Request struct{ Properties map[string]any }
			}
		}
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	if said := slices.Sorted(maps.Keys(doc.Components.Schemas.Request.Properties)); !slices.Equal(said, names) {
		t.Errorf("openapi.json has the fields %v, and a request %v", said, names)
	}
}
