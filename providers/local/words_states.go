package local

// stateWords are hours, weathers, seasons and looks of a whole picture.
var stateWords = []struct {
	role role
	rows string
}{
	{hour, `
night: night midnight nocturnal nighttime / ноч полноч ноч- / nacht mitternacht nachts nächtlich / gece geceyarısı / noche medianoche nocturno
dusk: dusk twilight evening gloaming / сумер- сумрак вечер / dämmerung abenddämmerung abend / alacakaranlık akşam / crepúsculo atardecer-tarde anochecer
sunset: sunset sundown / закат / sonnenuntergang abendrot / günbatımı =gün-batımı / atardecer ocaso =puesta
dawn: dawn sunrise morning daybreak / рассвет восход утр =утро =утром =утра утренн заря =заре / morgendämmerung sonnenaufgang morgen morgens morgenrot / şafak gündoğumu sabah / amanecer alba aurora-alba mañana
day: day noon daylight midday daytime / день дня =днем полдень полдн дневн / =tag mittag tagsüber / gündüz öğle / =día mediodía
`},
	{weather, `
rain: rain rainy raining drizzle shower / дожд дождлив ливень ливн / regen regnerisch regnet / yağmur yağmurlu / lluvia lluvioso lloviendo
storm: storm stormy thunder thunderstorm lightning tempest hurricane / шторм буря бурю гроз =гроза молни ураган / sturm gewitter blitz stürmisch orkan / fırtına şimşek yıldırım / tormenta relámpago rayo tempestad
snow: snow snowy snowing snowfall blizzard / снег снеж- метел пург вьюг / schnee schneit verschneit schneefall / =kar =karlı =karda karın kar-yağ- / nieve nevado nevando nevada
fog: fog foggy mist misty haze hazy / туман дымк / nebel neblig dunst / =sis sisli siste puslu / niebla bruma neblina
wind: wind windy breeze / ветер ветр / wind windig / rüzgar rüzgarlı / viento ventoso
`},
	{season, `
winter: winter ice icy frozen frost arctic wintry / зим зимн лед =лед =льда =льду мороз арктик- ледян / winter eis =eis frost gefroren- / kış kışın buz / invierno hielo helado-frío ártico
autumn: autumn autumnal fall / осен осенн / herbst herbstlich / sonbahar güz / otoño otoñal
spring: spring cherry-blossom sakura springtime / весн весенн сакур / frühling kirschblüte / ilkbahar bahar / primavera sakura
summer: summer summertime / лето =лето =летом =лета летн / sommer / =yaz yazın / verano
`},
	{colored, `
red: red crimson scarlet ruby / красн ал =алый =алая =алые =алое багр- / rot rote- roter rotes =rot / kırmızı =al kızıl / roj =rojo carmesí
orange: orange amber ginger / оранж- рыж / orange orangefarben- / turuncu / naranja anaranjado
yellow: yellow / желт / gelb / sarı / amarill
gold: gold golden / золот- / gold golden / altın / dorado dorada oro =oro
green: green emerald / зелен изумруд- / grün / yeşil / verde
teal: teal turquoise cyan aqua / бирюз- / türkis / turkuaz / turquesa
blue: blue azure navy indigo / син голуб лазур- / blau hellblau dunkelblau / mavi lacivert / azul =azules celeste
purple: purple violet lilac magenta / фиолет- пурпур- лилов- сирен- / lila violett / mor =mor =mora eflatun / morad violeta púrpura lila
pink: pink rosy / розов / rosa pink / pembe / =rosa =rosas rosado
brown: brown chocolate / коричн- бур =бурый шоколад- / braun / kahverengi / marrón marrones café-color castaño
black: black ebony / черн / schwarz / siyah kara =kara / negr
white: white ivory / бел =белый =белая =белое =белые =белого =белой =белую =белом / weiß weiss / beyaz ak =ak / blanc
gray: gray grey silver / сер =серый =серая =серое =серые =серого =серой =серую серебр- / grau silbern / =gri gümüş / gris grises plateado
blond: blond blonde / светловолос- белокур- / blond / sarışın / rubio rubia
`},
	{amount, `
1: one single lonely lone solitary / один одна одно одинок- / =ein =eine =einen =einem =einer einsam- / =tek yalnız / =uno solitario
2: two 2 couple pair both / два две двое двух пара / zwei 2 paar =beide / iki çift / dos pareja par
3: three 3 / три трое трех / drei 3 / =üç / tres
4: four 4 / четыре четверо / vier 4 / dört / cuatro
5: five several some 5 few / пять несколько / fünf mehrere einige 5 / beş birkaç bazı / cinco varios varias algunos algunas
6: six 6 / шесть / sechs / altı =altı / seis
7: seven 7 / семь / sieben / yedi / siete
8: eight 8 / восемь / acht / sekiz / ocho
9: many flock 9 lots herd nine crowd / много стая стадо множество девять / viele schwarm herde neun / çok =çok sürü dokuz birçok / muchos muchas bandada rebaño nueve
`},
	{sized, `
1: big large huge giant enormous gigantic massive / больш- огром- гигант- велик- крупн- / groß riesig- gigant- / büyük kocaman dev =dev / grande gran =gran enorme gigante
-1: small little tiny mini miniature baby- / маленьк- крошечн- мал =малая =малый небольш- / klein winzig- / küçük minik ufak / pequeñ diminut chic-
`},
	{setting, `
abstract: abstract abstraction geometric geometry bauhaus cubism kandinsky suprematism pattern / абстрак- геометр- кубизм супремат- кандинск- узор / abstrakt- geometrisch- muster / soyut geometrik desen / abstract geométric patrón
still life: still-life / натюрморт / stillleben / natürmort / bodegón
portrait: portrait headshot closeup close-up selfie face / портрет лицо =лица / porträt portrait nahaufnahme gesicht / portre yüz =yüzü / retrato rostro cara
`},
	{styling, `
gray: monochrome grayscale greyscale bw noir / чб монохром- черно-бел- / schwarzweiß / siyah-beyaz / blanco-y-negro
sepia: sepia vintage retro / сепи- винтаж- ретро старин- / sepia / sepya / sepia
warm: warm warmer / тепл- / wärmer warm / sıcak / cálid
cold: cold cool colder cooler / холод- / kälter kalt / soğuk / frí
blur: blur blurred blurry soft dreamy / размы- мягк- / unscharf weich / bulanık / borroso desenfoc-
pixel: pixel pixels+ pixelate pixelated pixelart 8bit / пиксел- / pixel verpixel- / piksel / píxel pixelad
oil: oil paint painting painted watercolor watercolour impressionist / маслом масло живопис- акварел- картин- / öl =öl gemälde aquarell / yağlıboya suluboya / óleo acuarela
poster: poster posterize flat pop comic cartoon / плакат- комикс- мульт- / plakat comic / afiş / cartel
invert: invert inverted negative / инверт- негатив- / invertier- / tersine / invertir
sketch: sketch pencil drawing charcoal outline / эскиз- карандаш- рисун- набросок уголь / skizze bleistift zeichnung / eskiz karakalem / boceto lápiz
mirror: mirror mirrored flip / зеркал- отрази / spiegeln gespiegelt / ayna / espejo
bright: bright brighter lighter / ярк- светл- ярче / heller hell / parlak / brillante
`},
}

// smallWords bind a prompt together: what each does is said by the name of its row.
const smallWords = `
art: a an the this that these those its his her their my your our some / это эта этот эти мой моя его её ее / der die das den dem des ein eine einen einem einer eines / bir =bu =şu =o / el la los las un una unos unas su sus mi
and: and plus & / и а да / und sowie / ve ile / y e
no: no without not minus excluding never / без нет не / ohne kein keine keinen keinem nicht / olmadan yok hayır değil / sin no ningún ninguna
with: with having wearing dressed in-a has / с со у в-наряде одет- носит / mit trägt im-kleid / giyen takan / con lleva vestido-de llevando
in: in into inside at among through amid within / в во внутри среди через / in im ins bei am an inmitten / içinde / en dentro entre por
on: crossing on upon atop onto top / на сверху верхом-на / auf / üstünde üzerinde üstündeki üzerindeki / sobre encima
under: under below beneath underneath / под / unter / altında altındaki / bajo debajo
behind: behind / за позади сзади / hinter / arkasında arkasındaki / detrás tras
before: before front / перед / vor / önünde önündeki / delante frente
beside: beside near next besides alongside by / около возле рядом у-края близ / neben nahe bei-dem / yanında yanındaki / junto cerca lado
above: above over across / над / über / üstünden / =arriba =sobrevolando
of: of from to for as is are and-is into-a it like / из от для по к как / von aus zu zum zur wie ist / için gibi / de del desde para es como al a
left: left / слева левее лево- влево / links linken linke / solda solunda sol =sol / izquierda
right: right / справа правее право- вправо / rechts rechten rechte / sağda sağında sağ =sağ / derecha
center: center centre middle / центр- посередине / mitte zentrum / ortada ortasında / centro medio
skip: beautiful lovely cute old make turn add image picture photo style more please me very full realistic detailed quality high art illustration drawing draw show create generate painted bright dark deep calm quiet cozy magical side background foreground view scene steam sky air light lit world / красив- картинк фото стил сделай добавь мил нарису- изображен- очень полн стар тих уют- волшебн- темн- сторон- фон вид =вид неб =небо =небе =неба пар =пар =паром воздух свет =свет мир =мир / schön schöne- bild foto mache zeichne alt ruhig gemütlich seite hintergrund dunkel zauberhaft himmel luft licht dampf / güzel resim fotoğraf yap çiz eski sakin olan eden taraf şirin tatlı sevimli gökyüzü =gök hava ışık dünya buhar / hermos bonit imagen foto haz dibuja viejo tranquil antiguo lado fondo cielo aire luz vapor mundo
`

// phrases are several words with one meaning. A word that ends in "-" stands for all that begin so.
var phrases = []struct{ words, meaning string }{
	{"golden hour", "sunset"},
	{"золот- час", "sunset"},
	{"goldene- stunde", "sunset"},
	{"hora dorada", "sunset"},
	{"altin saat", "sunset"},
	{"puesta de sol", "sunset"},
	{"puesta del sol", "sunset"},
	{"gun batim-", "sunset"},
	{"gun dogum-", "dawn"},
	{"hot air balloon-", "hot balloon"},
	{"hot-air balloon-", "hot balloon"},
	{"воздушн- шар-", "hot balloon"},
	{"globo aerostatico", "hot balloon"},
	{"globos aerostaticos", "hot balloons"},
	{"sicak hava balon-", "hot balloon"},
	{"milky way", "galaxy"},
	{"млечн- пут-", "galaxy"},
	{"milchstrasse", "galaxy"},
	{"via lactea", "galaxy"},
	{"outer space", "space"},
	{"northern lights", "aurora"},
	{"северн- сиян-", "aurora"},
	{"kuzey isik-", "aurora"},
	{"aurora boreal", "aurora"},
	{"old man", "old man"},
	{"old woman", "old woman"},
	{"stary- mann", "old man"},
	{"alter mann", "old man"},
	{"alten mann", "old man"},
	{"alte frau", "old woman"},
	{"yasli adam", "old man"},
	{"yasli kadin", "old woman"},
	{"hombre viejo", "old man"},
	{"mujer vieja", "old woman"},
	{"still life", "still life"},
	{"fruit bowl", "bowl"},
	{"bowl of fruit-", "bowl"},
	{"obst schale", "bowl"},
	{"naturaleza muerta", "still life"},
	{"cuenco de frutas", "bowl"},
	{"meyve kase-", "bowl"},
	{"ice cream", "ice cream"},
	{"crystal ball", "crystal ball"},
	{"хрустальн- шар-", "crystal ball"},
	{"bola de cristal", "crystal ball"},
	{"kristal kure", "crystal ball"},
	{"christmas tree-", "fir"},
	{"новогодн- елк-", "fir"},
	{"рождественск- елк-", "fir"},
	{"arbol de navidad", "fir"},
	{"yilbasi agac-", "fir"},
	{"palm tree-", "palm"},
	{"palm trees", "palms"},
	{"father christmas", "santa"},
	{"santa claus", "santa"},
	{"дед- мороз-", "santa"},
	{"noel baba", "santa"},
	{"papa noel", "santa"},
	{"under water", "underwater"},
	{"under the sea", "underwater"},
	{"под вод-", "underwater"},
	{"на дне мор-", "underwater"},
	{"unter wasser", "underwater"},
	{"bajo el agua", "underwater"},
	{"bajo el mar", "underwater"},
	{"su altinda", "underwater"},
	{"deniz altinda", "underwater"},
	{"fondo del mar", "underwater"},
	{"fondo marino", "underwater"},
	{"street lamp-", "streetlamp"},
	{"street light-", "streetlamp"},
	{"уличн- фонар-", "streetlamp"},
	{"living room", "room"},
	{"coffee shop", "cafe"},
	{"book shel-", "bookshelf"},
	{"snow man", "snowman"},
	{"kardan adam", "snowman"},
	{"muneco de nieve", "snowman"},
	{"deniz fener-", "lighthouse"},
	{"yel degirmen-", "windmill"},
	{"cherry blossom-", "spring"},
	{"cherry tree-", "spring"},
	{"rain forest", "jungle"},
	{"yagmur orman-", "jungle"},
	{"night sky", "night sky"},
	{"ночн- неб-", "night sky"},
	{"god- korovk-", "ladybug"},
	{"божь- коровк-", "ladybug"},
	{"ugur boce-", "ladybug"},
	{"barco de vela", "boat"},
	{"barcos de vela", "boat"},
	{"sea horse-", "seahorse"},
	{"морск- коньк-", "seahorse"},
	{"морск- конек", "seahorse"},
	{"морск- звезд-", "starfish"},
	{"sea turtle-", "turtle"},
	{"морск- черепах-", "turtle"},
	{"deniz anas-", "jellyfish"},
	{"caballito de mar", "seahorse"},
	{"estrella de mar", "starfish"},
	{"подводн- лодк-", "submarine"},
	{"space ship-", "spaceship"},
	{"space station", "satellite"},
	{"косм- корабл-", "spaceship"},
	{"nave espacial", "spaceship"},
	{"uzay gemi-", "spaceship"},
	{"flying saucer", "ufo"},
	{"летающ- тарелк-", "ufo"},
	{"ucan daire", "ufo"},
	{"eiffel tower", "eiffel"},
	{"эйфелев- башн-", "eiffel"},
	{"torre eiffel", "eiffel"},
	{"top hat", "top hat"},
	{"straw hat", "straw hat"},
	{"party hat", "party hat"},
	{"wizard hat", "wizard hat"},
	{"соломен- шляп-", "straw hat"},
	{"солн- очк-", "sunglasses"},
	{"gunes gozlu-", "sunglasses"},
	{"gafas de sol", "sunglasses"},
	{"sun glasses", "sunglasses"},
	{"camp fire", "campfire"},
	{"kamp ates-", "campfire"},
	{"dans eden", "dancing"},
	{"in front of", "before"},
	{"delante de", "before"},
	{"frente a", "before"},
	{"on top of", "on"},
	{"next to", "beside"},
	{"al lado de", "beside"},
	{"рядом с", "beside"},
	{"encima de", "on"},
	{"debajo de", "under"},
	{"detras de", "behind"},
	{"por encima de", "above"},
	{"roter panda", "panda"},
	{"a couple of", "couple"},
	{"ein paar", "couple"},
	{"lots of", "many"},
	{"a lot of", "many"},
	{"no hay", "sin"},
	{"tiendas de campana", "tents"},
	{"tienda de campana", "tent"},
	{"reading a book", "reading"},
	{"чита- книг-", "reading"},
	{"kitap okuyan", "reading"},
	{"leyendo un libro", "reading"},
	{"liest ein buch", "reading"},
	{"ein buch liest", "reading"},
}
