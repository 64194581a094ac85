package telegramtest

func (s *Server) sendRichMessage(c *call) (any, error) {
	chat, err := s.target(c)
	if err != nil {
		return nil, err
	}
	m := &Message{}
	if m.RichMessage, err = s.richMessage(c, false); err != nil {
		return nil, err
	}
	return m, s.send(c, chat, m)
}

// richMessage reads the parameter rich_message; only a draft may be thinking.
func (s *Server) richMessage(c *call, draft bool) (*RichMessage, error) {
	var in struct {
		HTML     string `json:"html"`
		Markdown string `json:"markdown"`
		IsRTL    bool   `json:"is_rtl"`
		Plain    bool   `json:"skip_entity_detection"`
	}
	if err := c.required("rich_message"); err != nil {
		return nil, err
	}
	if err := c.decode("rich_message", "rich message", &in); err != nil {
		return nil, err
	}
	switch {
	case len(in.HTML)+len(in.Markdown) > maxRichSource:
		return nil, bad("message is too long")
	case (in.HTML == "") == (in.Markdown == ""):
		return nil, bad("exactly one of the fields html and markdown must be used")
	case in.Markdown != "":
		in.HTML = richHTML(in.Markdown)
	}
	root, err := parseRichTree(clean(in.HTML))
	if err != nil {
		return nil, err
	}
	if err := c.needRich(root); err != nil {
		return nil, err
	}
	b := &richBuilder{s: s, c: c, draft: draft, plain: in.Plain}
	blocks, err := b.blocks(root.kids, 0)
	switch {
	case err != nil:
		return nil, err
	case len(blocks) == 0:
		return nil, bad("message text is empty")
	case b.length > maxRichText:
		return nil, bad("message is too long")
	}
	return &RichMessage{Blocks: blocks, IsRTL: in.IsRTL}, nil
}

// needRich asks for the media of a rich message, which come by URL only.
func (c *call) needRich(root *richNode) error {
	var files []inputMedia
	var err error
	root.all(func(n *richNode) {
		if n.tag != "img" && n.tag != "video" && n.tag != "audio" {
			return
		}
		in := richInput(n, c)
		if files = append(files, in); !isURL(in.Media) {
			err = bad("wrong HTTP URL specified")
		}
	})
	switch {
	case err != nil:
		return err
	case len(files) > maxRichMedia:
		return bad("rich message has too many media")
	}
	return c.need(files...)
}
