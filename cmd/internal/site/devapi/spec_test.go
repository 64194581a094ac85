package devapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// schemas finds those of a document; nil finds none.
type schemas struct{ compiler *jsonschema.Compiler }

func readSchemas(t *testing.T, document []byte) schemas {
	t.Helper()
	all, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("api.json", all); err != nil {
		t.Fatal(err)
	}
	return schemas{c}
}

// openAI are the schemas of OpenAI's own document, a copy of which may lie beside the repository.
func openAI(t *testing.T) (schemas, []byte) {
	t.Helper()
	document, err := os.ReadFile("../../../../../shared/specs/openai-images.json")
	if err != nil {
		t.Log("no copy of OpenAI's document to compare with")
		return schemas{}, nil
	}
	return readSchemas(t, document), document
}

// holds fails for JSON that is not as a schema says.
func (s schemas) holds(t *testing.T, name, text string) {
	t.Helper()
	if s.compiler == nil || name == "" {
		return
	}
	schema, err := s.compiler.Compile("api.json#/components/schemas/" + name)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err == nil {
		err = schema.Validate(v)
	}
	if err != nil {
		t.Errorf("not a %s: %v\n%s", name, err, text)
	}
}

// painted is a generation of a size that OpenAI's API has a name for, or of another one.
func painted(width, height int, quality string) workers.View {
	v := done()
	v.Images = []workers.ViewImage{{N: 1, MediaType: "image/webp", Width: width, Height: height}}
	v.Quality = quality
	return v
}

// Whatever is answered is as our document says, and as OpenAI's does.
func TestAnswersAreAsDocumented(t *testing.T) {
	t.Parallel()
	ours := readSchemas(t, document)
	theirs, _ := openAI(t)
	open, failed := done(), done()
	open.Status, open.Images, open.Progress, open.Position = storage.StatusHeld, nil, .5, 2
	failed.Status, failed.Reason, failed.Images = storage.StatusFailed, storage.ReasonProvider, nil
	const paint = "POST /v1/images/generations"
	for _, tt := range []struct {
		desc         string
		view         workers.View
		call, body   string
		status       int
		ours, theirs string
	}{
		{"both forms", painted(1024, 1536, "high"), paint, `{"prompt":"a fox"}`, 200, "Images", "ImagesResponse"},
		{"links", painted(1000, 600, ""), paint, `{"prompt":"a fox","response_format":"url"}`, 200, "Images", "ImagesResponse"},
		{"later", open, paint, `{"prompt":"a fox","async":true}`, 202, "Generation", ""},
		{"stands", painted(64, 48, ""), "GET /v1/images/generations/g", "", 200, "Generation", ""},
		{"failed", failed, "GET /v1/images/generations/g", "", 200, "Generation", ""},
		{"broke", failed, paint, `{"prompt":"a fox"}`, 500, "ErrorResponse", "ErrorResponse"},
		{"late", open, paint, `{"prompt":"a fox"}`, 504, "ErrorResponse", "ErrorResponse"},
		{"no prompt", done(), paint, `{}`, 400, "ErrorResponse", "ErrorResponse"},
		{"no such model", done(), "GET /v1/models/owl", "", 404, "ErrorResponse", "ErrorResponse"},
	} {
		method, path, _ := strings.Cut(tt.call, " ")
		w, _ := call(newAPI(&studio{view: tt.view}, 1000), method, path, mine, tt.body)
		if w.Code != tt.status {
			t.Errorf("%s: %d %s", tt.desc, w.Code, w.Body)
		}
		ours.holds(t, tt.ours, w.Body.String())
		theirs.holds(t, tt.theirs, w.Body.String())
	}
	w, _ := call(newAPI(&studio{}, 1000), "GET", "/v1/images/generations/g", "", "")
	theirs.holds(t, "ErrorResponse", w.Body.String())
}

// Each endpoint has a name of its own for the events of its stream, and whoever reads them may take no size but OpenAI's.
func TestStreamsAreAsDocumented(t *testing.T) {
	t.Parallel()
	ours := readSchemas(t, document)
	theirs, _ := openAI(t)
	form, kind := formOf("a fox", map[string]string{"stream": "true"})
	for _, tt := range []struct {
		path, body, kind, name, theirs string
		view                           workers.View
		size                           string
	}{
		{"/v1/images/generations", `{"prompt":"a fox","stream":true}`, "application/json", "image_generation.completed", "ImageGenStreamEvent", painted(1536, 1024, "low"), "1536x1024"},
		{"/v1/images/edits", form, kind, "image_edit.completed", "ImageEditStreamEvent", painted(640, 480, ""), "auto"},
	} {
		w, _ := call(newAPI(&studio{view: tt.view, image: "picture"}, 1000), "POST", tt.path, mine, tt.body, "Content-Type", tt.kind)
		data, ok := strings.CutPrefix(w.Body.String(), "event: "+tt.name+"\ndata: ")
		if !ok || w.Header().Get("Content-Type") != "text/event-stream; charset=utf-8" {
			t.Fatalf("%s: %v %q", tt.path, w.Header(), w.Body)
		}
		var event completed
		if err := json.Unmarshal([]byte(data), &event); err != nil || event.Type != tt.name || event.Size != tt.size || event.Width != tt.view.Images[0].Width || event.B64 == "" {
			t.Errorf("%s: %+v, %v", tt.path, event, err)
		}
		ours.holds(t, "CompletedEvent", data)
		theirs.holds(t, tt.theirs, data)
	}
}

// Whatever OpenAI's API takes is taken, also what means nothing here; but not what would have to look otherwise.
func TestRequestsAreThoseOfOpenAI(t *testing.T) {
	t.Parallel()
	bodies := []string{
		`{"prompt":"a fox","model":"gpt-image-1","n":10,"size":"1536x1024","quality":"standard","background":"opaque","moderation":"low","output_format":"jpeg","output_compression":80,"user":"u"}`,
		`{"prompt":"a fox","model":"dall-e-3","size":"1792x1024","quality":"hd","style":"natural","response_format":"b64_json"}`,
		`{"prompt":"a fox","partial_images":2,"stream":false,"size":"auto","quality":"auto"}`,
	}
	theirs, text := openAI(t)
	for _, body := range slices.Concat(bodies, everyField(t, text)) {
		theirs.holds(t, "CreateImageRequest", body)
		s := &studio{view: done()}
		w, code := call(newAPI(s, 1000), "POST", "/v1/images/generations", mine, body)
		if strings.Contains(body, `"transparent"`) {
			if code != "invalid_value" || len(s.wishes) != 0 {
				t.Errorf("%s: %d %s", body, w.Code, w.Body)
			}
			continue
		}
		if w.Code != http.StatusOK || len(s.wishes) != 1 {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
}

// everyField makes a request with each field and each value that OpenAI's document has for it.
func everyField(t *testing.T, document []byte) (bodies []string) {
	t.Helper()
	type field struct {
		Type     string
		Enum     []any
		AnyOf    []struct{ Enum []any }
		Nullable bool
	}
	var doc struct {
		Components struct {
			Schemas struct {
				CreateImageRequest struct{ Properties map[string]field }
				// Those of edits have to be known too.
				CreateImageEditRequest, EditImageBodyJSONParam struct{ Properties map[string]any }
			}
		}
	}
	if document == nil {
		return nil
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		t.Fatal(err)
	}
	for name, f := range doc.Components.Schemas.CreateImageRequest.Properties {
		values := f.Enum
		for _, one := range f.AnyOf {
			values = append(values, one.Enum...)
		}
		if f.Type == "integer" {
			values = append(values, 1)
		}
		for _, value := range values {
			text, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			bodies = append(bodies, fmt.Sprintf(`{"prompt":"a fox",%q:%s}`, name, text))
		}
	}
	if len(bodies) < 20 {
		t.Errorf("only %v", bodies)
	}
	edits := doc.Components.Schemas.CreateImageEditRequest.Properties
	maps.Copy(edits, doc.Components.Schemas.EditImageBodyJSONParam.Properties)
	for name := range edits {
		if !isText(name) && !isNumber(name) && !slices.Contains([]string{"image", "images", "mask"}, name) {
			t.Errorf("%s of edits is not known", name)
		}
	}
	return bodies
}
