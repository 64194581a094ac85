package openai

import "github.com/imagika/imagika/providers"

// unknownPrice bounds an image of a model nobody has a price for: what the dearest of the family asks.
const unknownPrice = 250_000

// rates are thousandths of a micro-dollar for a token, which is the price of a million tokens in tenths of a cent.
type rates struct{ text, picture, output int64 }

// Prices of the API, read in November 2026 (developers.openai.com, @pydantic/genai-prices 0.1.8): dollars for a million
// tokens of text, of pictures sent and of pictures made.
func miniRates() rates { return rates{text: 2_000, picture: 2_500, output: 8_000} }  // gpt-image-1-mini
func midRates() rates  { return rates{text: 5_000, picture: 8_000, output: 32_000} } // gpt-image-1.5
func fullRates() rates { return rates{text: 5_000, picture: 8_000, output: 30_000} } // gpt-image-2 and 2.5

// What a picture that is sent counts at most: the large models look at it in high fidelity, the small one never does.
const (
	closeLook = 8_000
	glance    = 1_000
)

// slack is for what surrounds a prompt, in tokens.
const slack = 256

// bound is the price of a call by tokens: the prompt, of which no token is shorter than a byte, the pictures, and what
// made is.
func (r rates) bound(q providers.Request, perPicture, made int64) int64 {
	pictures := int64(len(q.References))
	if q.Mask != nil {
		pictures++
	}
	if pictures == 0 && q.Operation != providers.Generate {
		pictures = 1
	}
	return up((int64(len(q.Prompt))+slack)*r.text + pictures*perPicture*r.picture + made*r.output)
}

// up turns thousandths into micro-dollars.
func up(thousandths int64) int64 { return (thousandths + 999) / 1000 }

// fixedTokens are what gpt-image-1.5 and -1-mini make, by quality and shape; nothing said is the best there is.
func fixedTokens(q providers.Quality, s providers.Size) int64 {
	square := s.Width == s.Height
	switch {
	case q == providers.QualityLow && square:
		return 272
	case q == providers.QualityLow:
		return 408
	case q == providers.QualityMedium && square:
		return 1056
	case q == providers.QualityMedium:
		return 1584
	case square && s.Width > 0:
		return 4160
	}
	return 6240
}

// fixedMade: a changed picture may keep a shape that costs more than the square.
func fixedMade(r providers.Request) int64 {
	if r.Operation != providers.Generate {
		return fixedTokens(r.Quality, providers.Size{Width: 1536, Height: 1024})
	}
	return fixedTokens(r.Quality, r.Size)
}

// areaTokens are what gpt-image-2 and later make: a grid whose long side follows the quality, weighed by the area. The
// formula is that of the calculator in OpenAI's guide, as published on its forum (1024x1024 in high is 7024 tokens,
// 1536x1024 is 5488, 3584x2048 is 12329).
func areaTokens(q providers.Quality, s providers.Size) int64 {
	side := int64(96)
	switch q {
	case providers.QualityLow:
		side = 16
	case providers.QualityMedium:
		side = 48
	}
	long, short := int64(max(s.Width, s.Height)), int64(min(s.Width, s.Height))
	if short <= 0 {
		long, short = 1024, 1024
	}
	grid := side * ((2*side*short + long) / (2 * long))
	return (grid*(2_000_000+long*short) + 3_999_999) / 4_000_000
}

// miniPrice takes what the price list says of an image where that is more than its tokens: 0.5 to 5.2 cents.
func miniPrice(r providers.Request) int64 {
	return miniRates().bound(r, glance, fixedMade(r)) + 3_000
}

func midPrice(r providers.Request) int64 {
	return midRates().bound(r, closeLook, fixedMade(r))
}

func fullPrice(r providers.Request) int64 {
	return fullRates().bound(r, closeLook, areaTokens(r.Quality, fit(r.Size)))
}

// perImage is a price that nothing changes.
func perImage(amount int64) func(providers.Request) int64 {
	return func(providers.Request) int64 { return amount }
}

// perMegapixel rounds the area up.
func perMegapixel(amount int64) func(providers.Request) int64 {
	return func(r providers.Request) int64 {
		area := int64(r.Size.Width) * int64(r.Size.Height)
		if area <= 0 {
			area = 1 << 20
		}
		return amount * max(1, (area+area/8+999_999)/1_000_000) // what is brought into shape may grow a little
	}
}
