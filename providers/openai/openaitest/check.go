package openaitest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
)

// readCall reads a body to its end, as JSON or as a form.
func (s *Server) readCall(r *http.Request) (Call, *refusal) {
	c := Call{Path: strings.TrimPrefix(r.URL.Path, "/v1"), Header: r.Header.Clone(), Fields: map[string]any{}, Files: map[string][][]byte{}}
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	edits := c.Path == "/images/edits"
	switch {
	case kind == "application/json" && (!edits || s.dialect == XAI):
		d := json.NewDecoder(r.Body)
		if err := d.Decode(&c.Fields); err != nil || d.More() {
			return c, bad("", "the body is not JSON")
		}
	case kind == "multipart/form-data" && edits && s.dialect != XAI && s.dialect != Together:
		return c, readForm(&c, multipart.NewReader(r.Body, params["boundary"]))
	default:
		_, _ = io.Copy(io.Discard, r.Body)
		return c, &refusal{status: http.StatusUnsupportedMediaType, code: "unsupported_content_type", message: "unsupported content type"}
	}
	return c, nil
}

func readForm(c *Call, m *multipart.Reader) *refusal {
	for {
		part, err := m.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return bad("", "the form is broken")
		}
		text, err := io.ReadAll(part)
		if err != nil {
			return bad("", "the form is broken")
		}
		name := part.FormName()
		if part.FileName() == "" {
			c.Fields[name] = string(text)
			continue
		}
		if want := http.DetectContentType(text); part.Header.Get("Content-Type") != want {
			return bad(name, "%s is said to be %s and is %s", name, part.Header.Get("Content-Type"), want)
		}
		c.Files[name] = append(c.Files[name], text)
	}
}

// check finds a call in order and says what is to be made, or why not.
func (s *Server) check(c Call) (job, *refusal) {
	j := job{count: 1, format: "png", width: 1024, height: 1024}
	if s.dialect == XAI || s.dialect == Together {
		j.format = "jpeg"
	}
	rules := s.rules(c)
	for _, name := range slices.Sorted(maps.Keys(c.Fields)) {
		rule, ok := rules[name]
		if !ok {
			return j, &refusal{status: http.StatusBadRequest, code: "unknown_parameter", param: name, message: "Unknown parameter: '" + name + "'."}
		}
		if why := rule(&j, value{name: name, v: c.Fields[name]}); why != nil {
			return j, why
		}
	}
	if j.prompt == "" {
		return j, &refusal{status: http.StatusBadRequest, code: "missing_required_parameter", param: "prompt", message: "Missing required parameter: 'prompt'."}
	}
	if why := s.checkModel(j); why != nil {
		return j, why
	}
	return j, s.checkPictures(&j, c)
}

func (s *Server) checkModel(j job) *refusal {
	known := s.dialect == SDCpp
	switch s.dialect {
	case OpenAI:
		known = strings.HasPrefix(j.model, "gpt-image-") && j.model != "gpt-image-1" || strings.HasPrefix(j.model, "chatgpt-image-")
	case XAI:
		known = strings.HasPrefix(j.model, "grok-imagine-image")
	case Together:
		known = strings.Contains(j.model, "/")
	case Gateway:
		known = j.model != "" && !strings.Contains(j.model, "missing")
	}
	if !known {
		return &refusal{status: http.StatusNotFound, code: "model_not_found", param: "model", message: "The model '" + j.model + "' does not exist or you do not have access to it."}
	}
	return nil
}

// checkPictures looks at what a call brought along.
func (s *Server) checkPictures(j *job, c Call) *refusal {
	n := len(c.Files["image[]"]) + len(c.Files["image"])
	for name := range c.Files {
		if name != "image[]" && name != "image" && name != "mask" {
			return bad(name, "unknown file %s", name)
		}
	}
	if s.dialect == XAI || s.dialect == Together {
		n = j.pictures
	}
	if edit := c.Path == "/images/edits"; edit && n == 0 {
		return bad("image", "an edit without an image")
	} else if n > 16 || (s.dialect == XAI && n > 3) {
		return bad("image", "too many images")
	}
	for _, one := range c.Files["image[]"] {
		if kind := http.DetectContentType(one); kind != "image/png" && kind != "image/jpeg" && kind != "image/webp" {
			return &refusal{status: http.StatusBadRequest, code: "invalid_image_format", param: "image", message: "Invalid image file or mode."}
		}
	}
	j.pictures = n
	return s.checkMask(c)
}

// dataURL reports whether v is a picture in a data URL.
func dataURL(v any) bool {
	s, ok := v.(string)
	kind, text, comma := strings.Cut(s, ";base64,")
	if !ok || !comma || !strings.HasPrefix(kind, "data:image/") {
		return false
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	return err == nil && "data:"+http.DetectContentType(raw) == kind
}
