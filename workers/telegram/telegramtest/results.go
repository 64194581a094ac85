package telegramtest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// results reads and checks the results of an answer.
func (s *Server) results(c *call) ([]InlineResult, error) {
	var raw []json.RawMessage
	if !c.has("results") {
		return nil, bad(`parameter "results" is required`)
	}
	if err := c.decode("results", "inline query results", &raw); err != nil {
		return nil, err
	}
	if len(raw) > maxInlineResults {
		return nil, bad("RESULTS_TOO_MUCH")
	}
	if err := c.needAll(raw); err != nil {
		return nil, err
	}
	list := []InlineResult{}
	for _, r := range raw {
		result, err := s.result(c, r)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(list, func(o InlineResult) bool { return o.ID == result.ID }) {
			return nil, bad("RESULT_ID_DUPLICATE")
		}
		list = append(list, result)
	}
	return list, nil
}

// inner is a JSON object inside a call, read like the parameters of a call.
func (c *call) inner(raw json.RawMessage) (*call, error) {
	in := &call{ctx: c.ctx, method: c.method, def: c.def, values: map[string]string{}, web: c.web, insecure: c.insecure}
	if err := in.readJSON(bytes.NewReader(raw)); err != nil {
		return nil, err
	}
	return in, nil
}

// needAll asks for the URLs of all results at once.
func (c *call) needAll(results []json.RawMessage) error {
	var files []inputMedia
	for _, raw := range results {
		in, err := c.inner(raw)
		if err != nil {
			return err
		}
		if f, ok := in.resultFile(); ok {
			files = append(files, f)
		}
	}
	return c.need(files...)
}

// result reads one result and the message it would send.
func (s *Server) result(c *call, raw json.RawMessage) (InlineResult, error) {
	in, err := c.inner(raw)
	if err != nil {
		return InlineResult{}, err
	}
	r := InlineResult{
		ID: in.str("id"), Type: in.str("type"), Title: in.str("title"), Description: in.str("description"), URL: in.str("url"),
		ThumbnailURL: in.str("thumbnail_url"),
	}
	if r.ID == "" || len(r.ID) > maxResultID {
		return r, bad("RESULT_ID_INVALID")
	}
	if in.has("input_message_content") {
		r.Message, r.Sale, err = s.inputContent(in)
	} else {
		r.Message, err = s.resultContent(in)
	}
	if err != nil {
		return r, err
	}
	keys, _, err := in.keyboard()
	c.violations = append(c.violations, in.violations...)
	r.Message.ReplyMarkup = keys
	return r, err
}

// inlineMedia are the kinds behind the types of results that are files.
var inlineMedia = map[string]MediaKind{
	"photo": MediaPhoto, "gif": MediaAnimation, "mpeg4_gif": MediaAnimation, "video": MediaVideo, "audio": MediaAudio,
	"voice": MediaVoice, "document": MediaDocument, "sticker": MediaSticker,
}

// resultFile is the file of a result that is one and brings no other content.
func (c *call) resultFile() (inputMedia, bool) {
	kind := c.str("type")
	media, ok := inlineMedia[kind]
	if !ok || c.has("input_message_content") {
		return inputMedia{}, false
	}
	field := strings.TrimSuffix(kind, "_gif")
	return inputMedia{
		Type: media, Media: cmp.Or(c.str(field+"_file_id"), c.str(field+"_url")), Caption: c.str("caption"),
		ParseMode: c.str("parse_mode"), Above: c.flag("show_caption_above_media"), Title: c.str("title"), Performer: c.str("performer"),
	}, true
}

// resultContent is the message of a result that says itself what to send.
func (s *Server) resultContent(in *call) (*Message, error) {
	f, ok := in.resultFile()
	switch kind := in.str("type"); {
	case ok:
	case kind == "location" || kind == "venue" || kind == "contact":
		return placeOrContact(in)
	case kind == "article":
		return nil, bad("can't parse InlineQueryResult: Can't find field \"input_message_content\"")
	default:
		return nil, bad("can't parse InlineQueryResult: Unsupported type %q", kind)
	}
	if err := in.decode("caption_entities", "entities", &f.CaptionEntities); err != nil {
		return nil, err
	}
	if err := in.need(f); err != nil {
		return nil, err
	}
	return s.media(in, f)
}

// inputContent is the message of an InputMessageContent.
func (s *Server) inputContent(result *call) (*Message, *invoiceState, error) {
	in, err := result.inner(json.RawMessage(result.str("input_message_content")))
	if err != nil {
		return nil, nil, err
	}
	m := &Message{}
	switch {
	case in.has("message_text"):
		in.values["text"] = in.str("message_text")
		if m.Text, m.Entities, err = s.text(in); err == nil {
			err = in.decode("link_preview_options", "link preview options", &m.LinkPreviewOptions)
		}
	case in.has("prices"):
		sale, err := in.invoice()
		if err == nil {
			m.Invoice = &sale.Invoice
		}
		return m, sale, err
	case in.has("rich_message"):
		m.RichMessage, err = s.richMessage(in, false)
	default:
		m, err = placeOrContact(in)
	}
	return m, nil, err
}

// placeOrContact reads a location, a venue or a contact.
func placeOrContact(in *call) (*Message, error) {
	if in.has("phone_number") {
		return &Message{Contact: &Contact{
			PhoneNumber: in.str("phone_number"), FirstName: in.str("first_name"), LastName: in.str("last_name"), VCard: in.str("vcard"),
		}}, nil
	}
	lat, err1 := strconv.ParseFloat(in.str("latitude"), 64)
	lon, err2 := strconv.ParseFloat(in.str("longitude"), 64)
	if err1 != nil || err2 != nil {
		return nil, bad("can't parse InlineQueryResult: there is no message content")
	}
	at := Location{Latitude: lat, Longitude: lon}
	if in.has("address") {
		return &Message{Location: &at, Venue: &Venue{Location: at, Title: in.str("title"), Address: in.str("address")}}, nil
	}
	return &Message{Location: &at}, nil
}
