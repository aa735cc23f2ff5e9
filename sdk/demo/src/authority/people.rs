/// Somebody whom the authority has on record. No region's numbers begin with 10 or 90: these are nobody's.
#[derive(Debug)]
pub struct Person {
    pub name: &'static str,
    pub number: &'static str,
    /// What the network identity's app would give for them.
    pub app: &'static str,
    pub(super) fate: Fate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Matches,
    /// They have an account from the start.
    Resident,
    /// The number is on record under another name.
    OtherName,
    Minor,
    Deceased,
    /// The question about them is never answered.
    Silent,
}

pub static PEOPLE: &[Person] = &[
    person("王建国", "100000197110010310", "WZ-WANG-JIANGUO", Fate::Matches),
    person("陈静", "100000199306220466", "WZ-CHEN-JING", Fate::Matches),
    person("刘洋", "10000020010115005X", "WZ-LIU-YANG", Fate::Matches),
    person("阿依古丽·买买提", "100000199509030646", "WZ-AYGUL", Fate::Matches),
    person("马志远", "100000197908150013", "WZ-MA-ZHIYUAN", Fate::Matches),
    person("张三丰", "100000196205080173", "WZ-ZHANG-SANFENG", Fate::Resident),
    person("李秀英", "11010519491231002X", "WZ-LI-XIUYING", Fate::Resident),
    person(
        "Maria Rossi",
        "90000019880317002X",
        "WZ-MARIA-ROSSI",
        Fate::Resident,
    ),
    person("何晓梅", "100000198805120043", "WZ-HE-XIAOMEI", Fate::Resident),
    person("赵子虚", "100000199001010011", "WZ-ZHAO-ZIXU", Fate::OtherName),
    person("孙小朵", "100000202006010082", "WZ-SUN-XIAODUO", Fate::Minor),
    person("周远山", "10000019310412011X", "WZ-ZHOU-YUANSHAN", Fate::Deceased),
    person("郑久等", "100000198402290734", "WZ-ZHENG-JIUDENG", Fate::Silent),
];

const fn person(name: &'static str, number: &'static str, app: &'static str, fate: Fate) -> Person {
    Person {
        name,
        number,
        app,
        fate,
    }
}

impl Person {
    pub(super) fn recorded_as(&self) -> &'static str {
        match self.fate {
            Fate::OtherName => "乌有",
            _ => self.name,
        }
    }

    /// What will come of asking, for whoever tries the demo.
    #[must_use]
    pub const fn outcome(&self) -> (&'static str, &'static str) {
        match self.fate {
            Fate::Matches => ("对得上", "matches"),
            Fate::Resident => ("对得上，但已经有账户", "matches, but has an account already"),
            Fate::OtherName => ("对不上", "does not match"),
            Fate::Minor => ("未满 14 周岁", "is under 14"),
            Fate::Deceased => ("记录为已故", "is recorded as dead"),
            Fate::Silent => ("一直不回应", "is never answered about"),
        }
    }
}
