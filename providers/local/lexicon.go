package local

import "strings"

// role is what a known word does to the picture.
type role int

const (
	thing   role = iota // something to draw
	colored             // a color of the next thing, or of everything
	hour                // the time of day
	weather
	season
	amount
	filter // how an edit changes its reference
)

// word is what a row of the lexicon says about a word.
type word struct {
	role   role
	name   string
	plural bool
}

// lexicon has the words the painter knows, in English and Russian. A word that ends in "-" stands for all words that
// begin so; one that ends in "+" is a plural.
var lexicon = []struct {
	role  role
	name  string
	words string
}{
	{thing, "fox", "fox foxes+ vixen лис лиса лису лисы лисой лисе лисица лисиц- лисён- лисен-"},
	{thing, "cat", "cat cats+ kitten kitty kittens+ кот кота коты+ коту котом кошк- котён- котен- котик- котя-"},
	{thing, "dog", "dog dogs+ puppy puppies+ собак- пёс пес пса щен-"},
	{thing, "wolf", "wolf wolves+ волк- волч-"},
	{thing, "rabbit", "rabbit rabbits+ hare hares+ bunny bunnies+ заяц зайц- зайч- кролик- кроль-"},
	{thing, "bear", "bear bears+ медвед- медвеж- мишк-"},
	{thing, "deer", "deer stag elk moose олен- лось лося лоси+"},
	{thing, "owl", "owl owls+ сова сову совы+ совой филин-"},
	{thing, "horse", "horse horses+ pony unicorn конь коня кони+ лошад- единорог-"},
	{thing, "bird", "bird gull seagull swallow crow raven swan eagle птица птицу птицей чайка чайку орёл орел ворон ворона ласточк-"},
	{thing, "birds", "birds+ gulls+ seagulls+ swallows+ crows+ ravens+ swans+ eagles+ geese+ птицы+ птиц+ птицами+ чайки+ чаек+ гуси+"},
	{thing, "fish", "fish fishes+ goldfish koi salmon рыб- карп-"},
	{thing, "whale", "whale whales+ orca dolphin кит кита киты+ дельфин-"},
	{thing, "butterfly", "butterfly butterflies+ moth бабочк- мотыл-"},
	{thing, "person", "person man woman girl boy traveler traveller wanderer human people+ человек- люд- девушк- девочк- мальчик- мужчин- женщин- путник- путешеств-"},
	{thing, "moon", "moon moonlight moonlit lunar луна луну луной луне луны лунн- полнолун-"},
	{thing, "crescent", "crescent полумес- месяц-"},
	{thing, "sun", "sun sunny sunshine солнц- солнеч- солнышк-"},
	{thing, "stars", "star stars+ starry starlight constellation galaxy milky cosmos space universe звезд- звёзд- космос- косми- галакти- вселен-"},
	{thing, "aurora", "aurora borealis сияни-"},
	{thing, "rainbow", "rainbow rainbows+ радуг-"},
	{thing, "clouds", "cloud clouds+ cloudy облак- облач- туч-"},
	{thing, "mountains", "mountain mountains+ peak peaks+ alps alpine everest cliff cliffs+ volcano гора гору горы+ гор+ горах+ горами+ горн- вершин- скал- вулкан- альп-"},
	{thing, "hills", "hill hills+ valley холм- долин-"},
	{thing, "field", "field fields+ meadow meadows+ prairie steppe grass lawn garden поле поля полю полем луг- лугу степь степи трав- сад сада саду лужайк-"},
	{thing, "flowers", "flower flowers+ poppy poppies+ tulip tulips+ rose roses+ daisy daisies+ sunflower sunflowers+ lavender blossom bloom цвет цветок цветы цветов цветам- цветоч- мак маки тюльпан- роза розы роз ромашк- лаванд- подсолн-"},
	{thing, "forest", "forest forests+ wood woods+ jungle taiga grove лес леса лесу лесом лесн- тайг- роща рощ- джунгл- чащ-"},
	{thing, "tree", "tree oak birch дерево дерева дуб дуба берез- берёз-"},
	{thing, "forest", "trees+ pines+ pine fir firs+ spruce деревь- сосн- ёлк- елк- ели ель елов-"},
	{thing, "sea", "sea seas+ ocean oceans+ wave waves+ beach shore coast tropical море моря морем морю морск- океан- волн- пляж- берег- побереж-"},
	{thing, "lake", "lake lakes+ pond water river rivers+ stream fjord reflection озер- озёр- пруд- вода воды воде водой река реки реке рекой речк- руче- фьорд- отражен-"},
	{thing, "desert", "desert dune dunes+ sahara sand cactus cacti+ пустын- дюн- барха- песок песка песк- кактус- сахар-"},
	{thing, "city", "city cities+ skyline town street urban skyscraper skyscrapers+ tokyo york cyberpunk metropolis город города городе городом городск- небоскр- мегаполис- улиц- москв- токио"},
	{thing, "house", "house houses+ home cabin cottage hut village farm barn дом дома доме домик- изба избу избушк- хижин- деревн- деревенск- ферм- коттедж-"},
	{thing, "castle", "castle castles+ tower palace fortress замок замк- дворец дворц- крепост- башн-"},
	{thing, "lighthouse", "lighthouse lighthouses+ beacon маяк- маяч-"},
	{thing, "boat", "boat boats+ sail sails+ sailing sailboat yacht ship ships+ лодк- парус- яхт- корабл- кораб-"},
	{thing, "balloon", "balloon balloons+ воздушный воздушн- аэростат-"},
	{thing, "rocket", "rocket rockets+ spaceship spacecraft ракет- звездолёт звездолет"},
	{thing, "planet", "planet planets+ saturn mars jupiter планет- сатурн- марс- юпитер-"},
	{thing, "abstract", "abstract abstraction abstractions+ geometric geometry bauhaus cubism kandinsky suprematism абстрак- геометр- кубизм- супремат- кандинск-"},
	{colored, "red", "red crimson scarlet ruby красн- алый алая алые алое багр- "},
	{colored, "orange", "orange amber ginger оранжев- рыж-"},
	{colored, "yellow", "yellow lemon жёлт- желт-"},
	{colored, "gold", "gold golden золот-"},
	{colored, "green", "green emerald lime зелен- зелён- изумруд-"},
	{colored, "teal", "teal turquoise cyan aqua бирюз-"},
	{colored, "blue", "blue azure navy indigo синий синяя синее синие синего синюю синей синем голуб- лазур-"},
	{colored, "purple", "purple violet lilac magenta фиолет- пурпур- лилов- сирен-"},
	{colored, "pink", "pink rosy розов-"},
	{colored, "brown", "brown chocolate коричнев- бур- шоколад-"},
	{colored, "black", "black ebony чёрн- черн-"},
	{colored, "white", "white ivory silver бел- серебр-"},
	{colored, "gray", "gray grey сер-"},
	{hour, "night", "night midnight nocturnal dark ночь ночи ночью ночн- полноч- тёмн- темн-"},
	{hour, "dusk", "dusk twilight evening сумер- сумрак вечер-"},
	{hour, "sunset", "sunset sundown закат-"},
	{hour, "dawn", "dawn sunrise morning рассвет- восход- утр- заря зари"},
	{hour, "day", "day noon daylight midday день дня днём днем полдень дневн-"},
	{weather, "rain", "rain rainy raining drizzle дожд- ливень ливн-"},
	{weather, "storm", "storm stormy thunder thunderstorm lightning шторм- буря бурю гроза грозу гроз- молни-"},
	{weather, "snow", "snow snowy snowing snowfall blizzard снег- снеж- метел- пург-"},
	{weather, "fog", "fog foggy mist misty haze туман- дымк-"},
	{season, "winter", "winter ice icy frozen frost arctic зим- лёд лед льд- мороз- арктик-"},
	{season, "autumn", "autumn fall autumnal осен-"},
	{season, "spring", "spring cherry sakura весн- сакур-"},
	{season, "summer", "summer летн- лето летом"},
	{amount, "1", "one single lonely lone один одна одно одинок-"},
	{amount, "2", "two couple pair 2 два две двое пара"},
	{amount, "3", "three 3 три трое"},
	{amount, "4", "four 4 четыре"},
	{amount, "5", "five several 5 пять несколько"},
	{amount, "7", "six seven 6 7 шесть семь"},
	{amount, "9", "many flock 8 9 восемь девять много стая"},
	{filter, "gray", "monochrome grayscale greyscale bw noir чб монохром- черно-белый черно-белое чёрно-белый чёрно-белое"},
	{filter, "sepia", "sepia vintage retro old сепи- винтаж- ретро старин-"},
	{filter, "warm", "warm warmer тёпл- тепл-"},
	{filter, "cold", "cold cool colder cooler холод-"},
	{filter, "blur", "blur blurred blurry soft dreamy размы- размытие мягк-"},
	{filter, "pixel", "pixel pixels+ pixelate pixelated pixelart 8bit пиксел-"},
	{filter, "oil", "oil paint painting painted watercolor watercolour impressionist маслом масло живопис- акварел- картин-"},
	{filter, "poster", "poster posterize flat pop comic cartoon плакат- комикс- мульт-"},
	{filter, "invert", "invert inverted negative инверт- негатив-"},
	{filter, "sketch", "sketch pencil drawing charcoal outline эскиз- карандаш- рисун- набросок набросок- уголь"},
	{filter, "mirror", "mirror mirrored flip зеркал- отрази"},
	{filter, "bright", "bright brighter lighter ярк- светл- ярче"},
}

// glue is ignored: it says nothing about a picture and breaks no binding of a color to a thing.
const glue = " a an the of in on at over under with and by near to from into is are its as for up some very big large small little " +
	"tiny huge full beautiful lovely cute old make turn add it this that image picture photo style like more please me my " +
	"и в во на над под с со у к из за от по для около возле как это эту картинка картинку фото стиль стиле сделай добавь " +
	"большой большая маленький маленькая красивый красивая полная полной полный "

// dictionary is the lexicon, made ready for look-ups.
type dictionary struct {
	exact    map[string]word
	prefixes map[string]word
}

func newDictionary() *dictionary {
	d := &dictionary{exact: make(map[string]word), prefixes: make(map[string]word)}
	for _, row := range lexicon {
		for w := range strings.FieldsSeq(row.words) {
			known := word{role: row.role, name: row.name}
			switch {
			case strings.HasSuffix(w, "-"):
				d.prefixes[strings.TrimSuffix(w, "-")] = known
			case strings.HasSuffix(w, "+"):
				known.plural = true
				d.exact[strings.TrimSuffix(w, "+")] = known
			default:
				d.exact[w] = known
			}
		}
	}
	return d
}

// look finds a word, or the longest known beginning of it.
func (d *dictionary) look(w string) (word, bool) {
	if known, ok := d.exact[w]; ok {
		return known, true
	}
	runes := []rune(w)
	for n := len(runes); n >= 3; n-- {
		if known, ok := d.prefixes[string(runes[:n])]; ok {
			return known, true
		}
	}
	return word{}, false
}
