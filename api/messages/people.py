"""The register: areas, communities, residents, imports and cards."""

from typing import Any

from flask_babel import lazy_gettext as _

MESSAGES: dict[str, Any] = {
    "not_a_spreadsheet": _("这个文件不是 Excel 工作簿(.xlsx),也不是 CSV 表格。"),
    "old_workbook": _("这是旧格式的 Excel 文件(.xls)。"),
    "spreadsheet_locked": _("这个 Excel 文件设了密码,打不开。"),
    "spreadsheet_too_large": _("这个文件太大,或者列数太多。"),
    "wrong_encoding": _("第 %(row)s 行有读不出的文字:文件既不是 UTF-8,也不是 GB18030 编码。"),
    "too_many_rows": _("表格有 %(rows)s 行,一次最多导入 %(most_rows)s 行。"),
    "no_rows": _("表格里没有数据行。"),
    "missing_columns": _("表格缺少这些列:%(columns)s。我们把第 %(row)s 行当作表头。"),
    "duplicate_columns": _("第 %(row)s 行的表头里,有两列是同一个意思:%(columns)s。"),
    "area_rows_refused": _("有 %(rows)s 行不能导入,整个文件都没有导入。"),
    "community_code_taken": _("代码 %(community)s 已被别的社区使用,或者这个区域已经开通了社区。"),
    "community_refused": _("代码要用 2 到 12 个大写字母或数字,区域要选村或社区一级。"),
    "unknown_profile": _("没有 %(profile)s 这套政策。"),
    "identity_taken": _("这个身份证号已经登记在 %(person)s 名下。"),
    "person_has_left": _("%(person)s 已于 %(left_on)s 离开登记册。"),
    "import_has_errors": _("有 %(rows)s 行不能导入,整个文件都没有导入。第一处在第 %(first_row)s 行。"),
    "import_changed": _("预览之后登记册有变化,有 %(rows)s 行的结论变了。"),
    "import_applied": _("这个文件已经导入过了。"),
    "import_going_on": _("这个文件已经确认,正在导入:%(rows)s 行里已处理 %(done)s 行。"),
    "import_empty": _("这个文件里没有要新增的人。"),
    "card_unknown": _("没有这张卡。"),
    "card_revoked": _("这张卡已经作废。"),
    "names_unprintable": _("有 %(count)s 个人的姓名含有打印不出的字:%(names)s。"),
    "nothing_to_print": _("没有要打印的卡片。"),
}

NEXT: dict[str, Any] = {
    "not_a_spreadsheet": _("请用 Excel 或 WPS 打开,另存为 .xlsx 再上传。"),
    "old_workbook": _("请用 Excel 或 WPS 另存为 .xlsx 再上传。"),
    "spreadsheet_locked": _("请去掉密码再上传。"),
    "spreadsheet_too_large": _("请只留下名册那一张表,删去图片和空列再上传。"),
    "wrong_encoding": _("请用 Excel 或 WPS 另存为 .xlsx 再上传。"),
    "too_many_rows": _("请把表格分成几份,分别上传。"),
    "missing_columns": _("可以下载模板,照模板的表头改好再上传。"),
    "duplicate_columns": _("请删去多余的一列再上传。"),
    "area_rows_refused": _("请照下面的原因改好表格,再上传一次。"),
    "import_has_errors": _("请照每行的原因改好表格,再上传一次。"),
    "import_changed": _("请重新核对一遍再确认。"),
    "import_applied": _("要改已导入的人,请到居民页面修改。"),
    "import_going_on": _("不用再确认,可以离开这一页,过一会儿再回来看。"),
    "card_unknown": _("请检查卡号是否完整,或用姓名查找。"),
    "card_revoked": _("请到服务台换一张新卡。"),
    "names_unprintable": _("可以安装含有这些字的字体,或者仍然打印(这些字会印成空框)。"),
    "nothing_to_print": _("没有卡的人都已有卡;要重印,请选“全部”。"),
}

# What is wrong with one field of a person, by the code that the register gives.
FIELD_WORDS: dict[str, Any] = {
    "name": _("姓名要有 1 到 60 个字。"),
    "sex": _("请选男或女。"),
    "born_on": _("出生日期不对。"),
    "phone": _("这不是有效的电话号码。固定电话请加区号。"),
    "identity_number": _("身份证号不对:位数、日期或校验码有误。"),
    "identity_contradicts": _("与身份证号不一致。"),
    "until_on": _("截止日期早于开始日期。"),
    "household": _("没有这个户号。"),
}

PROBLEM_WORDS: dict[str, Any] = {
    "formula": _("是公式,而且没有算好的值;请改成数值"),
    "formula_error": _("公式出错"),
    "digits_lost": _("数字太长,Excel 已丢掉末几位;请把这一列设成文本重新填写"),
    "control_character": _("含有不能用的字符"),
    "name_missing": _("没有填写"),
    "name": _("不像姓名"),
    "too_long": _("太长,最多 %(most)s 个字"),
    "sex": _("请填“男”或“女”"),
    "born_on": _("不是有效的日期,例如 1940-01-02"),
    "identity_number": _("位数、日期或校验码有误"),
    "identity_contradicts": _("与身份证号不一致"),
    "phone": _("不是有效的电话号码"),
    "area": _("本社区没有这个网格或楼栋"),
    "flag": _("不认识的情况;可用:独居、低保、低收入、残疾、失能、困难"),
    "flag_until": _("不是有效的日期,或者已经过期"),
    "flag_evidence_missing": _("登记特殊情况要写依据"),
    "minutes": _("要填不小于 0、能化成整分钟的数"),
    "minutes_and_hours": _("分钟和小时只能填一列"),
    "points": _("要填不小于 0 的数,最多一位小数"),
    "source_page_missing": _("有期初余额,要写原账页码"),
    "handler_missing": _("有期初余额,要写经办人"),
    "checker_missing": _("有期初余额,要写复核人"),
    "two_people": _("经办人和复核人要是两个人"),
    "identity_twice": _("这个身份证号在文件里出现了不止一次"),
    "twice_in_file": _("同一个人在文件里出现了不止一次"),
    "points_twice": _("同一户的期初积分填了不止一次"),
    "identity_taken": _("这个身份证号已登记在别人名下"),
    "over_ceiling": _("超过上限 %(most)s 分钟"),
    # of areas
    "code": _("编码要用 1 到 32 个数字或大写字母"),
    "code_missing": _("没有编码"),
    "code_twice": _("编码重复"),
    "name_twice": _("同一上级下名称重复"),
    "level": _("级别要是省、市、县、乡镇、社区、网格或楼栋"),
    "moved": _("已有的区域不能改上级"),
    "level_changed": _("已有的区域不能改级别"),
    "orphan": _("上级编码不在表里,也不在已有的区域里"),
    "cycle": _("上级关系绕成了圈"),
    "level_order": _("上级的级别不比它高"),
}

NOTE_WORDS: dict[str, Any] = {
    "filled": _("“%(column)s”取自合并单元格"),
    "computed": _("“%(column)s”是公式算出的值"),
    "same_name_in_file": _("文件里有 %(count)s 人同名"),
    "same_name": _("册内有同名的人:%(people)s"),
    "same_name_and_birth_in_file": _("文件里另有同名同生日的人"),
    "opening_passed_over": _("期初余额不再入账"),
    "is_there": _("已在册:%(people)s"),
    "may_be_there": _("可能就是册内的 %(people)s"),
    "phone_shared": _("%(count)s 人共用这个电话"),
}

# Why a row of a confirmed file was not taken in when its turn came.
REFUSAL_WORDS: dict[str, Any] = {
    "is_there": _("确认之后这个人已另外登记"),
    "may_be_there": _("确认之后登记了可能是同一个人的居民"),
    "identity_taken": _("这个身份证号已登记在别人名下"),
    "over_ceiling": _("期初时间超过现在的个人上限"),
    "row_forgotten": _("确认之后有同名的人要求删除个人信息,这一行也已删去"),
    "quota": _("期初余额超过今年还能开立的总额"),
    "ceiling": _("期初余额会超过账户的上限"),
    "closed_account": _("这一户的积分账户已经关闭"),
}
_OTHER_REFUSAL = _("登记册没有接受这一行(%(reason)s)")


def refusal_words(reason: str) -> str:
    """Why a row was not taken in, in words."""
    words = REFUSAL_WORDS.get(reason)
    return str(words) if words is not None else str(_OTHER_REFUSAL) % {"reason": reason}
