"""Names as people and offices spell them: pairs that are one name, and pairs that are two."""

from __future__ import annotations

ONE = """
Mohammed Ali | Mohamad Ali
Mohammed Ali | محمد علي
Muhammad Ali | Мухаммед Али
Mohammad Ali | মোহাম্মদ আলী
Muhammad Ali | मोहम्मद अली
Md. Karim Hossain | Mohammed Karim Hossain
Mohd Ali | Muhammad Ali
Mohamed Ahmed | أحمد محمد
Mohammed al-Hassan | Hassan Mohamed
Mohamad El Masri | محمد المصري
Ahmad Khan | Ahmed Khan
Ahmet Yılmaz | Ahmed Yilmaz
Ahmad Zahir | احمد ظاهر
Ahmad Zaher | أحمد زاهر
Achmed Chalid | Ahmad Khalid
Hussein Jaber | حسين جابر
Hossein Rezaei | حسین رضایی
Husain Reza | Hossein Rida
Hüseyin Kaya | Hussein Kaya
Hosain Miah | Hussain Mia
হোসেন আলী | Hossain Ali
Hassan Nasr | حسن نصر
Hasan Nasser | Hassan Naser
Layla Nasser | Leyla Naser
Layla Nasser | Laila Nasir
Abdul Rahman Yusuf | عبد الرحمن يوسف
Abdulrahman Yousef | Abdurrahman Yusuf
Abd al-Rahman Youssef | Abdelrahman Yousef
Abdulkadir Osman | عبدالقادر عثمان
Abdelkader Othman | Abdülkadir Osman
Abdul Karim Saleh | عبد الكريم صالح
Abdolkarim Saleh | Abdul Kareem Salih
Abdullah Omar | عبد الله عمر
Abdallah Umar | Abdullah Omer
Salah ad-Din Haddad | Salahuddin Haddad
Salaheddine Haddad | صلاح الدين حداد
Nur ad-Din Amin | Nuruddin Ameen
نور الدين امين | Nureddin Amin
Jamal Qasim | Djamel Kassem
Cemal Kasım | Jamal Kasim
جمال قاسم | Gamal Qasem
Джамал Касим | Jamal Qasim
Khaled Darwish | خالد درويش
Halit Derviş | Khalid Darvish
Халид Дарвиш | Khaled Darwish
Yusuf Ibrahim | Youssef Brahim
Iusuf Ibrahim | يوسف إبراهيم
Yosef Ebrahim | یوسف ابراهیم
Fatima Zahra | Fatma Zahra
Fatimah al-Zahra | فاطمة الزهراء
Fatemeh Karimi | فاطمه کریمی
ফাতেমা বেগম | Fatima Begum
Aisha Noor | عائشة نور
Ayşe Nur | Aysha Nour
Maryam Haidari | Mariam Haydari
Meryem Haydari | مریم حیدری
Zainab Sharif | Zeynep Şerif
Zineb Cherif | زينب شريف
Khadija Diallo | Hatice Diallo
Osama Rashid | Usama Rachid
Raşid Usame | Osama Rashed
أسامة رشيد | Oussama Rachid
Walid Mansour | Oualid Mansur
Velid Mansur | وليد منصور
Валид Мансур | Walid Mansour
Marwan Tawfiq | Mervan Tevfik
مروان توفيق | Marouane Taoufik
Said Nabil | Saeed Nabeel
سعيد نبيل | Saïd Nabil
Omar Farouk | Umar Faruq
عمر فاروق | Ömer Faruk
Mustafa Jawad | Mostafa Javad
Mustafa Cevat | مصطفى جواد
Tariq Aziz | Tarek Asis
طارق عزيز | Tarık Aziz
Ghassan Nouri | غسان نوري
Gholam Haidar | غلام حیدر
Parvin Jafari | پروین جعفری
Parwin Jaafari | Parveen Jafari
Gul Agha | گل آغا
Zarghuna Stanekzai | زرغونه ستانکزی
Najibullah Popal | نجيب الله پوپل
Rahmatullah Wardak | رحمت الله وردک
Shabnam Ahmadzai | شبنم احمدزی
Bashir Ahmad | بشیر احمد
Rafiq Bhatti | Rafique Bhatti
Imran Chaudhry | عمران چودھری
Imran Chaudhary | Imran Choudhury
Usman Ghani | عثمان غنی
Olena Kovalenko | Олена Коваленко
Olena Ivanivna Kovalenko | Коваленко Олена
Elena Kovalenko | Олена Коваленко
Oleksandr Shevchenko | Олександр Шевченко
Aleksandr Șevcenko | Олександр Шевченко
Alexander Schewtschenko | Oleksandr Shevchenko
Serhii Melnyk | Сергій Мельник
Sergei Melnik | Serhiy Melnyk
Yuliia Bondarenko | Юлія Бондаренко
Iulia Bondarenko | Julia Bondarenko
Iryna Tkachenko | Ірина Ткаченко
Irina Tkacenko | Ирина Ткаченко
Mykola Boiko | Николай Бойко
Nikolai Boyko | Микола Бойко
Dmytro Kravchuk | Дмитрий Кравчук
Volodymyr Lysenko | Владимир Лисенко
Kateryna Moroz | Ekaterina Moroz
Екатерина Мороз | Катерина Мороз
Mykhailo Rudenko | Михаил Руденко
Yevhen Petrenko | Євген Петренко
Evgeny Petrenko | Yevgeny Petrenko
Halyna Savchenko | Галина Савченко
Hanna Pavlenko | Ганна Павленко
Tetiana Zhuk | Тетяна Жук
Nataliia Honcharenko | Наталія Гончаренко
Natalia Goncearenco | Наталья Гончаренко
Andrii Hrytsenko | Андрій Гриценко
Oksana Polishchuk | Оксана Поліщук
Viktoriia Lytvyn | Вікторія Литвин
Victoria Litvin | Виктория Литвин
Vasyl Tymoshenko | Василь Тимошенко
Svitlana Marchenko | Світлана Марченко
Mehmet Demir | Мехмет Демир
Ayşegül Çelik | Aysegul Celik
Gülsüm Öztürk | Gulsum Ozturk
Cengiz Aydın | Jengiz Aydin
İbrahim Şahin | Ibrahim Sahin
Yasemin Aksoy | Yasmin Aksoy
Ștefan Țurcanu | Stefan Turcanu
Ştefan Ţurcanu | Ștefan Țurcanu
Ion Popescu | Popescu Ion
Răzvan Mureșan | Razvan Muresan
Ram Bahadur Thapa | राम बहादुर थापा
Sita Gurung | सीता गुरुङ
Krishna Shrestha | कृष्ण श्रेष्ठ
Laxmi Tamang | लक्ष्मी तामाङ
Lakshmi Tamang | Laxmi Tamang
Bishnu Karki | विष्णु कार्की
Suresh Rai | सुरेश राई
Anita Sharma | अनीता शर्मा
Rahim Uddin | রহিম উদ্দিন
Abdul Karim | আব্দুল করিম
Shakil Ahmed | শাকিল আহমেদ
Rashed Khan | রাশেদ খান
Nasrin Akter | নাসরিন আক্তার
Sumon Das | সুমন দাস
Nimal Perera | නිමල් පෙරේරා
Kumari Fernando | කුමාරි ප්‍රනාන්දු
Sunil Bandara | සුනිල් බණ්ඩාර
Chaminda Silva | චමින්ද සිල්වා
Kamal Jayasinghe | කමල් ජයසිංහ
Khoshal Yousafzai | خوشحال یوسفزی
Rima Khoury | ريما خوري
Bilal Hamdan | بلال حمدان
Rania Abboud | Raniya Abud
Faisal Qureshi | فیصل قریشی
Abdikarim Warsame | Abdulkarim Warsame
Nguyen Van Anh | Nguyễn Vân Anh
Dipak Adhikari | दीपक अधिकारी
Manju Poudel | मञ्जु पौडेल
Ruwan Wickramasinghe | රුවන් වික්‍රමසිංහ
Mizanur Rahman | মিজানুর রহমান
Tanvir Islam | তানভীর ইসলাম
Liudmyla Hnatiuk | Людмила Гнатюк
Artem Zelinskyi | Артём Зелинский
Rojda Cûdî | روجدا جودي
Ramin Jalali | رامین جلالی
Mohammed | محمد
Olena | Олена
Yasmin | ياسمين
""".strip()

TWO = """
Mohammed Ali | Mahmoud Ali
Mohammed Ali | محمود علي
محمد علي | محمود علي
محمد احمد | محمود احمد
Hassan Jaber | Hussein Jaber
حسن جابر | حسين جابر
Hasan Kaya | Hüseyin Kaya
Hassan Jaber | حسين جابر
Ahmed Khan | Hamid Khan
أحمد خان | حميد خان
Amir Karimi | Omar Karimi
Karim Nasr | Akram Nasr
Salim Haddad | Salem Haddad
Salman Haddad | Sulaiman Haddad
Kamal Aziz | Kamil Aziz
Jamal Aziz | Jamil Aziz
جمال عزيز | جميل عزيز
Khaled Omar | Khalil Omar
Said Nabil | Sayed Nabil
Ali Reza | Ali Rashid
Mohammed Ahmed | Mohammed Hassan
Mohammed Ahmed Ali | Mohammed Omar Hassan
Ahmad Khan | Ahmad Jan
Fatima Zahra | Fatima Nour
Fatima Karimi | Maryam Karimi
Maryam Karimi | Maria Karimi
Marwa Hassan | Maryam Hassan
Aisha Noor | Asma Noor
Aya Salim | Ali Salim
Layla Haddad | Lina Haddad
Nour Haddad | Nadia Haddad
Walid Mansour | Khaled Mansour
Yusuf Ibrahim | Yasin Ibrahim
Yusuf Ibrahim | Asif Ibrahim
Olena Kovalenko | Olha Kovalenko
Олена Коваленко | Ольга Коваленко
Olena Kovalenko | Halyna Kovalenko
Olena Kovalenko | Olena Shevchenko
Ivan Petrov | Anna Petrova
Ivan Moroz | Ion Moroz
Oleksandr Boiko | Oleksandra Boiko
Олександр Бойко | Олександра Бойко
Yevhen Petrenko | Yevheniia Petrenko
Mykola Boiko | Mykhailo Boiko
Andrii Melnyk | Andriana Melnyk
Tetiana Zhuk | Nataliia Zhuk
Iryna Moroz | Maryna Moroz
Oksana Lytvyn | Roksolana Lytvyn
Serhii Rudenko | Andrii Rudenko
Vasyl Tkachenko | Vasylyna Tkachenko
Ayşe Demir | Asya Demir
Mehmet Demir | Mahmut Demir
Murat Kaya | Mert Kaya
Emine Yıldız | Amin Yıldız
Ion Popescu | Ioana Popescu
Andrei Popa | Andreea Popa
Mihai Ionescu | Maria Ionescu
Ram Thapa | Rama Gurung
Sita Gurung | Gita Gurung
Suresh Rai | Sarita Rai
Anita Sharma | Amit Sharma
Krishna Thapa | Kiran Thapa
Nimal Perera | Kamal Perera
Nimal Perera | Nimal Fernando
Kumari Silva | Kumara Bandara
Rahim Uddin | Karim Uddin
রহিম মিয়া | করিম মিয়া
Nasrin Akter | Nasima Akter
Omar | Amir
Ali | Leila
Anna | Ion
Olena | Galina
Nour | Nadir
Mohammed | Hamid
Rima Khoury | Rami Khoury
Nabil Saad | Nabila Saad
Samir Haddad | Samira Haddad
سمير حداد | سميرة حداد
Karima Aziz | Karim Aziz
Dipak Rai | Dipika Rai
Tanvir Islam | Tanzila Islam
Artem Bondar | Arsen Bondar
Taras Bondar | Teresa Bondar
Denys Koval | Danylo Koval
Farid Noori | Farida Noori
Sami Nour | Samia Nour
Emre Kaya | Ömer Kaya
Roman Boiko | Romana Boiko
Nadir Khan | Nadia Khan
""".strip()

NOT_YET = """
Georges Saadeh | جورج سعادة
Hevin Şêxo | Hevin Sheikho
Hayat Bouchra | حياة بشرى
Muna Elsayed | منى السيد
""".strip()
"""One name, and not found so far."""

UNSEEN_ONE = """
Hadi Barakat | هادي بركات
Noura Shaheen | Nura Shahin
Wafa Qaddour | وفاء قدور
Ziad Halabi | زياد حلبي
Ayman Othman | Eymen Osman
Sanaullah Niazi | ثناء الله نیازی
Farzana Sultani | فرزانه سلطانی
Mirwais Noorzai | میرویس نورزی
Sharmin Sultana | শারমিন সুলতানা
Jahangir Alam | জাহাঙ্গীর আলম
Prakash Magar | प्रकाश मगर
Sabina Lama | सबिना लामा
Dilshan Rajapaksha | දිල්ෂාන් රාජපක්ෂ
Bohdan Kharchenko | Богдан Харченко
Vitalii Sydorenko | Віталій Сидоренко
Lesia Chornovil | Леся Чорновіл
Marharyta Shvets | Маргарита Швец
Zeki Uçar | Zeki Ucar
Filiz Arslan | Филиз Арслан
Abdelhamid Ziani | عبد الحميد زياني
""".strip()

UNSEEN_TWO = """
Hadi Barakat | Huda Barakat
Ziad Halabi | Zaid Halabi
Nizar Aziz | Nazir Aziz
Rashid Amin | Rashad Amin
Tamer Said | Tamara Said
Majid Khan | Amjad Khan
Shadi Nour | Shahid Nour
Bohdan Koval | Bohdana Koval
Lesia Moroz | Larysa Moroz
Vitalii Rudenko | Vitalina Rudenko
Prakash Rai | Pratik Rai
Sabina Lama | Sabin Lama
Jahangir Alam | Jahanara Alam
Filiz Arslan | Fidan Arslan
Hatem Ali | Hashem Ali
""".strip()
"""Written after the rules, and not used to better them: `benchmarks/likeness.py` only."""


def pairs(lines: str) -> list[tuple[str, str]]:
    """One pair a line."""
    halves = (line.split(" | ") for line in lines.splitlines())
    return [(one.strip(), other.strip()) for one, other in halves]
