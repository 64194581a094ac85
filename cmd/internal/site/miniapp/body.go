package miniapp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"
	"unicode/utf8"
)

const (
	maxBody  = 64 << 10         // bytes of a call's body
	maxDepth = 16               // of arrays and objects in it
	bodyTime = 10 * time.Second // for it to arrive
)

// decode reads the body of a call into v. There is one JSON value in it, of the fields that v has and each once: what could be
// meant in two ways is refused.
func (a *app) decode(w http.ResponseWriter, r *http.Request, v any) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return errMediaType
	}
	body, err := a.readAll(w, r)
	if err != nil {
		return err
	}
	if err := wellFormed(body); err != nil {
		return invalid(err.Error())
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return invalid(err.Error())
	}
	return nil
}

// readAll reads the body within bounds of size and time.
func (a *app) readAll(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	conn := http.NewResponseController(w)
	// A writer that is no connection has no deadline, and nothing to wait for either.
	_ = conn.SetReadDeadline(time.Now().Add(a.BodyTime))
	body, err := io.ReadAll(r.Body)
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, errTooLarge
	}
	if err != nil {
		return nil, invalid("the body did not arrive")
	}
	_ = conn.SetReadDeadline(time.Time{}) // the answer may take longer
	return body, nil
}

// wellFormed refuses what encoding/json takes and should not: fields that come twice, text that is not UTF-8, more than one
// value, and depths that only somebody hostile needs.
func wellFormed(body []byte) error {
	if !utf8.Valid(body) {
		return errors.New("the body is not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	if err := walk(dec, 0); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the value")
	}
	return nil
}

// walk reads one value.
func walk(dec *json.Decoder, depth int) error {
	token, err := dec.Token()
	if err != nil {
		return fmt.Errorf("the body is not JSON: %w", err)
	}
	open, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	if depth == maxDepth {
		return errors.New("the body is nested too deep")
	}
	seen := make(map[string]bool)
	for dec.More() {
		if open == '{' {
			name, err := dec.Token()
			if err != nil {
				return fmt.Errorf("the body is not JSON: %w", err)
			}
			field, _ := name.(string)
			if seen[field] {
				return fmt.Errorf("the field %q comes twice", field)
			}
			seen[field] = true
		}
		if err := walk(dec, depth+1); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("the body is not JSON: %w", err)
	}
	return nil
}

// reply answers with a value as JSON.
func reply(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode an answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body) // whoever hung up misses it
	return nil
}
