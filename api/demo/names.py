"""Names as a county has them: frequent surnames often, a few compound ones, rare characters, and fashions by birth year."""

from api.demo.chance import Random

# Surnames with how many of a thousand bear them here; a village has its big families.
SURNAMES: dict[str, int] = {
    "王": 92, "陈": 88, "李": 80, "张": 74, "刘": 58, "徐": 52, "周": 46, "吴": 40, "孙": 34, "朱": 32, "杨": 30, "胡": 24,
    "赵": 24, "黄": 24, "许": 20, "何": 18, "沈": 18, "高": 16, "马": 15, "夏": 15, "戴": 13, "严": 12, "施": 12, "顾": 12,
    "潘": 11, "丁": 11, "蒋": 11, "唐": 10, "邹": 9, "汤": 9, "史": 8, "范": 8, "郭": 8, "谢": 8, "葛": 7, "单": 6, "仇": 5,
    "欧阳": 4, "诸葛": 2, "司马": 2, "上官": 2,
}  # fmt: skip


def _words(text: str) -> list[str]:
    return text.split()


ELDER_WOMEN = _words(
    "秀英 桂英 秀兰 玉兰 桂兰 秀珍 凤英 玉珍 玉英 兰英 素珍 素英 凤珍 金凤 桂珍 秀芳 月英 美英 兰芳 翠英 惠芳 巧云 根娣 招娣 来弟 荷香 桂香 "
    "银娣 彩凤 月娥 腊梅 春兰 冬梅 瑞华 静娴 慧珍 文秀 爱珍 淑贞 淑芳"
)
ELDER_MEN = _words(
    "国强 德明 德福 永福 永康 世昌 世荣 长根 根生 水生 金生 福生 荣生 有根 炳泉 炳坤 国良 国忠 志良 志明 建国 建华 保国 援朝 友根 阿大 "
    "文德 文才 贵生 树根 兆林 兆祥 学礼 学义 正康 正华 义和 守仁 茂林 春林"
)
MIDDLE_WOMEN = _words(
    "丽 敏 红梅 春梅 海燕 小红 丽华 丽娟 美玲 玉梅 秋香 彩霞 晓燕 志芳 建芳 爱华 国芳 永红 桂花 雪芳 慧 琴 萍 芳 霞 静 莉 艳 月琴 巧珍"
)
MIDDLE_MEN = _words(
    "军 勇 志强 建军 卫东 伟 国平 国庆 永明 永刚 建平 建明 志刚 海涛 晓东 文斌 春华 立新 新民 小平 卫国 学军 俊 斌 涛 强 辉 宏伟 明亮 兴旺"
)
YOUNG_WOMEN = _words(
    "婷 婷婷 雪 倩 欣怡 梓涵 子涵 雨桐 思雨 诗涵 佳怡 若曦 梦洁 晓彤 雅静 嘉怡 艺涵 可馨 语嫣 静雯 颖 琪 悦 楠 安琪 心怡"
)
YOUNG_MEN = _words(
    "浩 浩宇 子轩 宇轩 俊杰 天宇 晨 阳 志鹏 家豪 文轩 博文 嘉豪 一鸣 俊熙 浩然 泽宇 明轩 子墨 鑫 磊 鹏 凯 睿 诚 逸飞"
)


def surname(chance: Random) -> str:
    return chance.choices(list(SURNAMES), weights=list(SURNAMES.values()))[0]


def given(chance: Random, *, sex: str, born_in: int) -> str:
    """A given name as parents chose it in that year."""
    if born_in < 1962:
        return chance.choice(ELDER_WOMEN if sex == "f" else ELDER_MEN)
    if born_in < 1988:
        return chance.choice(MIDDLE_WOMEN if sex == "f" else MIDDLE_MEN)
    return chance.choice(YOUNG_WOMEN if sex == "f" else YOUNG_MEN)
