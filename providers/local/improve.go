package local

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/writing"
)

var _ providers.Writer = (*Provider)(nil)

// Writings implements providers.Writer. The painter can only improve a prompt: it knows which of its words are missing. It
// sees nothing in a picture and understands no sentence well enough to say it in another language.
func (p *Provider) Writings() []providers.Writing { return []providers.Writing{providers.Improve} }

// addition is a phrase in each of the languages, in their order.
type addition [5]string

// side is one side of a picture that a prompt may leave open.
type side struct {
	open    func(s *scene, how manner) bool
	phrases []addition
}

// sides in the order in which they are said. Every phrase consists of words the painter understands.
func sides() []side {
	return []side{
		{func(s *scene, _ manner) bool {
			return s.hour == "" && s.setting == "" && !s.with("moon", "crescent", "sun", "stars", "aurora", "campfire")
		}, []addition{
			{"at sunset", "на закате", "bei Sonnenuntergang", "günbatımı", "al atardecer"},
			{"at dawn", "на рассвете", "in der Morgendämmerung", "şafak", "al amanecer"},
			{"under a full moon", "под полной луной", "unter dem Vollmond", "dolunay altında", "bajo la luna llena"},
			{"in the evening", "вечером", "am Abend", "akşam", "al anochecer"},
		}},
		{func(s *scene, _ manner) bool { return s.weather == "" && s.setting == "" && s.season == "" }, []addition{
			{"in the mist", "в тумане", "im Nebel", "sisli", "entre la niebla"},
			{"in autumn", "осенью", "im Herbst", "sonbahar", "en otoño"},
			{"after snowfall, in the snow", "в снегу", "im Schnee", "karlı", "en la nieve"},
			{"in summer", "летом", "im Sommer", "yazın", "en verano"},
		}},
		{func(_ *scene, how manner) bool { return how.grade == nil }, []addition{
			{"dreamy", "сказочное настроение", "verträumt", "masalsı", "onírico"},
			{"calm", "спокойное настроение", "ruhig", "huzurlu", "sereno"},
			{"cozy", "уютное настроение", "gemütlich", "samimi", "acogedor"},
			{"dramatic", "драматично", "dramatisch", "görkemli", "dramático"},
		}},
		{func(_ *scene, how manner) bool { return !how.asked }, []addition{
			{"watercolor", "акварель", "Aquarell", "suluboya", "acuarela"},
			{"oil painting", "картина маслом", "Ölgemälde", "yağlıboya", "pintura al óleo"},
			{"pastel", "пастель", "Pastell", "pastel boya", "al pastel"},
			{"woodcut", "гравюра", "Holzschnitt", "ağaç baskı", "grabado"},
			{"gouache", "гуашь", "Gouache", "guaj", "guache"},
		}},
	}
}

// Write implements providers.Writer: what a prompt leaves open is chosen, from the painter's own words and in the prompt's
// language. Another seed chooses something else.
func (p *Provider) Write(ctx context.Context, r providers.WriteRequest) (providers.Written, error) {
	if err := ctx.Err(); err != nil {
		return providers.Written{}, err
	}
	why := writing.Unfit(name, r)
	if r.Writing != providers.Improve {
		why = "the writing is not supported"
	}
	if why != "" {
		return providers.Written{}, &providers.Error{Provider: name, Class: providers.BadRequest, Billed: providers.BilledNo, Scope: providers.ScopeModel, Err: errors.New(why)}
	}
	added := p.additions(r)
	if len(added) == 0 {
		return providers.Written{}, &providers.Error{Provider: name, Class: providers.NoOutput, Billed: providers.BilledNo, Err: errors.New("the prompt leaves nothing open")}
	}
	words := strings.TrimRight(strings.TrimSpace(r.Text), ".,;: ")
	return providers.Written{Text: writing.Tidy(words + ", " + strings.Join(added, ", "))}, nil
}

// additions are the phrases for all sides of the picture that the prompt leaves open.
func (p *Provider) additions(r providers.WriteRequest) (all []string) {
	how, _ := p.looks.of(r.Text)
	s, language, d := understand(p.dict, r.Text, ""), p.speech(r.Text), newDice(r.Text, r.Seed, "improve")
	for _, a := range sides() {
		one := a.phrases[d.IntN(len(a.phrases))]
		if a.open(s, how) {
			all = append(all, one[language])
		}
	}
	return all
}

// speech is the prompt's language, as its place in the list of languages.
func (p *Provider) speech(prompt string) int {
	if strings.ContainsFunc(prompt, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }) {
		return slices.Index(languages, "ru")
	}
	return slices.Index(languages, p.dict.language(tokens(prompt)))
}
