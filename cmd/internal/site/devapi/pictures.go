package devapi

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"

	"github.com/imagika/imagika/cmd/internal/sse"
	"github.com/imagika/imagika/workers"
)

// Pictures pass from the store to the reader piece by piece. Whole ones, in base64 and for as long as a reader takes, would fill the
// memory of the process with a few requests of one person.

// piece is how much is written at once.
const piece = 16 << 10

// sendImages answers with the pictures themselves. An error is of the first one, before anything is said.
func (a *API) sendImages(w http.ResponseWriter, r *http.Request, c caller, v workers.View, all answer) error {
	data := all.Data
	all.Data = []image{}
	text, err := json.Marshal(all)
	if err != nil {
		return err
	}
	before, after, _ := bytes.Cut(text, []byte(`"data":[]`)) // which nothing before it can be: that is a number
	body, err := a.Workers.Picture(r.Context(), c.ID, v.ID, v.Images[0].N)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	to := bufio.NewWriterSize(w, piece)
	_, _ = to.Write(before) // its errors stay until the end, as those that follow
	_, _ = to.WriteString(`"data":[`)
	for n := range data {
		if n > 0 {
			_ = to.WriteByte(',')
			body, err = a.Workers.Picture(r.Context(), c.ID, v.ID, v.Images[n].N)
		}
		if err == nil {
			err = withPicture(to, data[n], body)
		}
		if err != nil {
			// The answer ends in the middle, which no reader of JSON takes for all of it. The line is not broken off: SDKs would send the
			// request again, and what has no key would be painted again.
			a.Log.InfoContext(r.Context(), "answer to a program cut off", "error", err)
			return nil
		}
	}
	_ = to.WriteByte(']')
	_, _ = to.Write(after)
	_ = to.Flush() // the reader may have gone
	return nil
}

// sendPictures sends an event for each picture.
func (a *API) sendPictures(s *sse.Stream, r *http.Request, c caller, v workers.View) error {
	all, name := a.images(r, c, v, formatB64), eventPainted
	if r.URL.Path == editsPath {
		name = eventEdited
	}
	for n, i := range all.Data {
		body, err := a.Workers.Picture(r.Context(), c.ID, v.ID, v.Images[n].N)
		if err != nil {
			return s.Send("error", failure{0, kindServer, "service_unavailable", "", "The picture is there and cannot be read right now. Fetch it: " + v.ID}.body())
		}
		if err := s.Write(name, func(w io.Writer) error {
			to := bufio.NewWriterSize(w, piece)
			if err := withPicture(to, completed{
				name, "", all.Created, cmp.Or(all.Size, "auto"), cmp.Or(v.Quality, "auto"), all.Background, all.OutputFormat, all.Usage, v.ID, i.Width, i.Height,
			}, body); err != nil {
				return err
			}
			return to.Flush()
		}); err != nil {
			return err
		}
	}
	return nil
}

// withPicture writes v, which is a JSON object with something in it, with a picture in base64 as its first field. Reading it to its end
// proves that it is whole.
func withPicture(w io.Writer, v any, body io.ReadCloser) error {
	defer body.Close()
	rest, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, `{"b64_json":"`); err != nil {
		return err
	}
	to := base64.NewEncoder(base64.StdEncoding, w)
	if _, err := io.Copy(to, body); err != nil {
		return err
	}
	if err := to.Close(); err != nil { // writes the last bytes
		return err
	}
	_, err = w.Write(append([]byte(`",`), rest[1:]...))
	return err
}
