"""Texts in several languages, written for these tests: each about a bridge that is repaired instead of replaced."""

BRIDGE = {
    "en": """The city council decided on Tuesday to repair the old harbour bridge instead of replacing it. The repair
will cost about 12.5 million euros and take two years. Mayor Dr. Anna Lind said that a new bridge would have cost three
times as much. Many shop owners near the harbour had feared that the bridge would be closed for years, e.g. the owner of
the fish market. During the repair, one lane of the bridge stays open for buses and bicycles. The weather on Tuesday was
nice. Engineers found rust in the cables of the bridge last autumn. The cables were built in 1931 and have never been
replaced.""",
    "de": """Der Stadtrat hat am Dienstag, dem 3. Oktober, beschlossen, die alte Hafenbrücke zu reparieren, statt sie zu
ersetzen. Die Reparatur der Brücke wird etwa 12,5 Millionen Euro kosten und zwei Jahre dauern. Bürgermeisterin Dr. Anna
Lind sagte, eine neue Brücke hätte das Dreifache gekostet. Viele Händler am Hafen hatten befürchtet, dass die Brücke
jahrelang gesperrt würde, z. B. die Inhaberin des Fischmarkts. Während der Reparatur bleibt eine Spur der Brücke für
Busse und Fahrräder offen. Das Wetter war schön. Ingenieure hatten im letzten Herbst Rost an den Seilen der Brücke
gefunden.""",
    "fr": """Le conseil municipal a décidé mardi de réparer le vieux pont du port au lieu de le remplacer. La réparation
du pont coûtera environ 12,5 millions d'euros et durera deux ans. M. Lind, le maire, a déclaré qu'un nouveau pont aurait
coûté trois fois plus cher. De nombreux commerçants du port craignaient que le pont soit fermé pendant des années.
Pendant la réparation, une voie du pont reste ouverte aux bus et aux vélos. Il faisait beau. Des ingénieurs ont trouvé
de la rouille dans les câbles du pont l'automne dernier.""",
    "es": """El ayuntamiento decidió el martes reparar el viejo puente del puerto en lugar de sustituirlo. La reparación
del puente costará unos 12,5 millones de euros y durará dos años. La alcaldesa, la Sra. Lind, dijo que un puente nuevo
habría costado el triple. Muchos comerciantes del puerto temían que el puente estuviera cerrado durante años. Durante la
reparación, un carril del puente seguirá abierto para autobuses y bicicletas. Hacía buen tiempo. Los ingenieros
encontraron óxido en los cables del puente el otoño pasado.""",
    "ru": """Городской совет во вторник решил отремонтировать старый портовый мост, а не заменять его. Ремонт моста
будет стоить около 12,5 млн евро и продлится два года. Мэр А. Линд сказала, что новый мост стоил бы в три раза дороже.
Многие торговцы в порту опасались, что мост закроют на годы. Во время ремонта одна полоса моста остаётся открытой для
автобусов и велосипедов. Погода была хорошая. Прошлой осенью инженеры нашли ржавчину на тросах моста.""",
    "ja": """市議会は火曜日、古い港の橋を架け替えずに修理することを決めた。橋の修理には約千二百万ユーロと二年間がかかる。\
市長は「新しい橋には三倍の費用がかかる。」と述べた。港の近くの商店主の多くは、橋が何年も閉鎖されることを心配していた。\
修理の間も、橋の一車線はバスと自転車のために開放される。天気は良かった。技術者は昨年の秋、橋のケーブルに錆を見つけた。""",
    "zh": """市议会星期二决定修理旧的港口大桥，而不是重建。大桥的修理费用约为一千二百万欧元，需要两年时间。\
市长说：“新建大桥的费用是修理的三倍。”港口附近的许多店主担心大桥会关闭多年。修理期间，大桥的一条车道将对公共汽车和自行车开放。\
天气很好。工程师去年秋天在大桥的缆绳上发现了铁锈。""",
    "ko": """시의회는 화요일에 낡은 항구 다리를 교체하지 않고 수리하기로 결정했다. 다리 수리에는 약 1200만 유로와 2년이 걸린다.
시장은 새 다리를 지으면 비용이 세 배가 든다고 말했다. 항구 근처의 많은 상인들은 다리가 몇 년 동안 닫힐 것을 걱정했다. 수리하는 동안
다리의 한 차선은 버스와 자전거를 위해 열려 있다. 날씨는 좋았다. 기술자들은 지난가을 다리의 케이블에서 녹을 발견했다.""",
    "ar": """قرر مجلس المدينة يوم الثلاثاء إصلاح جسر الميناء القديم بدلا من استبداله. سيكلف إصلاح الجسر حوالي اثني عشر
مليون يورو وسيستغرق عامين. قالت رئيسة البلدية إن الجسر الجديد كان سيكلف ثلاثة أضعاف. خشي كثير من أصحاب المتاجر قرب
الميناء أن يغلق الجسر لسنوات. كان الطقس جميلا. وجد المهندسون الصدأ في كابلات الجسر في الخريف الماضي.""",
}

# Article 1 of the Universal Declaration of Human Rights, its first sentence.
ARTICLE = {
    "ar": "يولد جميع الناس أحراراً متساوين في الكرامة والحقوق.",
    "bg": "Всички хора се раждат свободни и равни по достойнство и права.",
    "cs": "Všichni lidé rodí se svobodní a sobě rovní co do důstojnosti a práv.",
    "da": "Alle mennesker er født frie og lige i værdighed og rettigheder.",
    "de": "Alle Menschen sind frei und gleich an Würde und Rechten geboren.",
    "el": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα.",
    "en": "All human beings are born free and equal in dignity and rights.",
    "es": "Todos los seres humanos nacen libres e iguales en dignidad y derechos.",
    "fa": "تمام افراد بشر آزاد به دنیا می‌آیند و از لحاظ حیثیت و حقوق با هم برابرند.",
    "fi": "Kaikki ihmiset syntyvät vapaina ja tasavertaisina arvoltaan ja oikeuksiltaan.",
    "fr": "Tous les êtres humains naissent libres et égaux en dignité et en droits.",
    "he": "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם.",
    "hr": "Sva ljudska bića rađaju se slobodna i jednaka u dostojanstvu i pravima.",
    "hu": "Minden emberi lény szabadon születik és egyenlő méltósága és joga van.",
    "it": "Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti.",
    "ja": "すべての人間は、生れながらにして自由であり、かつ、尊厳と権利とについて平等である。",
    "ko": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.",
    "nl": "Alle mensen worden vrij en gelijk in waardigheid en rechten geboren.",
    "no": "Alle mennesker er født frie og med samme menneskeverd og menneskerettigheter.",
    "pl": "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw.",
    "pt": "Todos os seres humanos nascem livres e iguais em dignidade e em direitos.",
    "ro": "Toate ființele umane se nasc libere și egale în demnitate și în drepturi.",
    "ru": "Все люди рождаются свободными и равными в своем достоинстве и правах.",
    "sk": "Všetci ľudia sa rodia slobodní a sebe rovní, čo sa týka ich dôstojnosti a práv.",
    "sv": "Alla människor är födda fria och lika i värde och rättigheter.",
    "tr": "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar.",
    "uk": "Всі люди народжуються вільними і рівними у своїй гідності та правах.",
    "zh": "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。",
}

MARKDOWN = """---
title: The bridge is front matter.
---
# The harbour bridge is a heading.

Dear all,

The city council decided to repair the old harbour bridge instead of replacing it. The repair of the *harbour bridge*
will cost twelve million euros. Engineers found rust in the cables of the harbour bridge.

Traffic on the bridge
---------------------

> One lane of the harbour bridge stays open
> for buses while the bridge is repaired.

- The harbour bridge is an item of a list. It has two sentences about the bridge.
  It goes on with the bridge.
1. The harbour bridge is a numbered item.

```python
bridge = "The harbour bridge is code. It is never a sentence."
```

    The harbour bridge is indented code.

| The harbour bridge | is a table. |
|---|---|
| The harbour bridge | is in a table. |

<div>The harbour bridge is markup.</div>

[bridge]: https://example.org/bridge The harbour bridge is a reference.

The cables of the harbour bridge were built in 1931 and have never been replaced.
"""
