"""Names that no rule of sounds brings together, or would wrongly: one family a line. Pure.

Two words of one family are one name; words of two families are two. Whoever adds a name writes it
without marks and in lower case, as it is spelled where people come from.
"""

from __future__ import annotations

from app.folding import fold

_LINES = """
muhammad mohammad mohammed mohamed mohamad muhammed mohamud md mohd muhd mhd muh mohammod \
muhamed mukhammad mohamet mahomed мухаммад мухаммед мохаммед мохамед محمد মোহাম্মদ মোঃ মো \
मोहम्मद मुहम्मद මොහොමඩ් මොහමඩ්
mehmet мехмет mehmed
mahmud mahmoud mahmood mahamoud mahmut махмуд محمود মাহমুদ महमूद
hamid hameed hamit хамид حميد حمید হামিদ
hammad حماد
ahmad ahmed ahmet achmed achmet akhmad akhmed ахмад ахмед احمد أحمد আহমদ আহমেদ अहमद अहमेद
hasan hassan hasen assan хасан гасан حسن হাসান हसन
hasin haseen حصين
husayn hussain hussein hossein husain husein houssein hosain hossain hussien huseyin \
hoseyn хусейн хуссейн гусейн حسين حسین হোসেন হোসাইন হুসাইন हुसैन
said saeed saaid саид سعيد سعید
sayyid sayyed sayed syed seyed seyyed سيد سید
omar umar omer oumar омар умар عمر ওমর उमर
ammar عمار
amir emir амир امير أمير امیر
ameer
ali aly алі али علي علی আলী আলি अली
karim kareem kerim карим كريم کریم করিম
akram ekrem اكرم أكرم
ikram إكرام اكرام
khaled khalid halid halit khaledd халед халид خالد খালেদ খালিদ
khalil halil khaleel халил خليل خلیل
jamal jamaal cemal gamal djamel djamal jemal cemaal джамал جمال জামাল
jamil jameel cemil gamil djamil джамиль جميل
kamal kamel kemal камал كمال کمال কামাল कमल
kamil كامل
salim saleem selim салим سليم سلیم
salem سالم
salman selman салман سلمان
sulaiman suleiman sulayman soliman souleymane suleyman sleiman сулейман سليمان سلیمان
yusuf youssef yousef yusif yousuf yosef iusuf iosif yousif joseph jusuf юсуф يوسف یوسف ইউসুফ युसुफ
yasin yassin yaseen ясин ياسين
osman othman uthman ousmane osmaan осман عثمان উসমান ওসমান
ramazan ramadan ramzan рамазан рамадан رمضان রমজান
ridha rida reza riza raza redha реза риза رضا
maryam mariam meryem maryem miriam myriam mariyam марьям мариям مريم مریم মরিয়ম
maria mariia mariya marie мария марія mary
marwa مروة
fatima fatma fatimah fatemeh fatime fatimata fatema fatoumata фатима فاطمة فاطمه ফাতেমা \
ফাতিমা फातिमा
aisha ayse aicha aysha ayesha aïcha aishah айша عائشة عايشة আয়েশা आयशा
khadija hatice khadidja hadija khadijah хадиджа خديجة خدیجه খাদিজা
zainab zeynep zaynab zineb zeinab зейнаб зайнаб زينب زینب জয়নব
mustafa mostafa moustafa mustapha мустафа مصطفى مصطفی মোস্তফা
ibrahim ebrahim brahim ibraheem ибрагим ибрахим إبراهيم ابراهيم ابراهیم ইব্রাহিম
ismail esmail ismael ismayil исмаил إسماعيل اسماعيل اسماعیل ইসমাইল
abdullah abdallah abdulla abdoullah абдулла абдуллах عبدالله عبداله আবদুল্লাহ আব্দুল্লাহ
olena elena helena yelena olenka alyona олена елена альона helene
olha olga olia ольга
oleksandr aleksandr alexander alexandru alexandr aleksander sasha олександр александр الكسندر
oleksandra alexandra aleksandra олександра александра
oleksii oleksiy alexei aleksei alexey алексей олексій
oleh oleg олег
mykola nikolai nikolay nicolae nikola микола николай
serhii serhiy sergei sergey sergiu serhij serghei сергій сергей
volodymyr vladimir volodimir володимир владимир
dmytro dmitri dmitry dmitrii dumitru dmitriy дмитро дмитрий
kateryna ekaterina ecaterina katerina yekaterina catherine катерина екатерина
mykhailo mikhail mihail mihai michael mykhaylo михайло михаил
hanna anna ganna ганна анна ana
yevhen evgeny yevgeny evgenii evhen yevhenii eugen eugene євген евгений євгеній
yevheniia evgenia yevgenia eugenia євгенія евгения
petro petru pyotr petr peter петро петр пётр
pavlo pavel paul павло павел
vasyl vasile vasily vasilii vasyliy василь василий
andrii andrei andrey andriy andrej андрій андрей
ihor igor ігор игорь
halyna galina halina галина
tetiana tatiana tetyana tatyana тетяна татьяна
yuliia yulia iulia julia juliia yuliya юлія юлия
iurii yurii yuri yuriy iuri yury юрій юрий
oksana oxana ксана оксана
larysa larisa лариса
hryhorii grigori grigory grigore hryhoriy григорій григорий
heorhii georgi georgy gheorghe george georgii георгій георгий
stepan stefan степан
ioana joanna yoanna
ion
ivan иван іван
allah ullah اله
bishnu vishnu विष्णु
osama usama oussama usame اسامة أسامة أسامه
chaudhry chaudhary choudhury chowdhury chaudhari choudhary چودھری চৌধুরী चौधरी
khushhal khoshal khushal خوشحال
muna mona منى
fernando ප්රනාන්දු ෆර්නැන්ඩෝ
murat murad мурат مراد
mert
amin ameen emin amine امين أمين
amina emine aminah ameena أمينة
andreea andrea андреа
iryna irina ірина ирина
"""

FAMILIES: dict[str, str] = {
    spelled: line.split()[0]
    for line in _LINES.strip().splitlines()
    for word in line.split()
    for spelled in (word, fold(word))
}
"""Word, with its marks and without -> the first of its family."""


def family_of(word: str) -> str | None:
    """The first name of the family of *word*, where we know it."""
    return FAMILIES.get(word) or FAMILIES.get(fold(word))
