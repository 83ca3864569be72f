"""The page's form. Jinja2 escapes all that is put in; nothing in it asks a network."""

__all__ = ["MARK", "PAGE"]

MARK = '<meta name="generator" content="course_utils report">'

PAGE = (
    """{% macro figure(picture) %}<figure>
<img src="data:image/png;base64,{{ picture.png }}" alt="{{ picture.caption }}">
<figcaption>{{ picture.caption }}</figcaption></figure>{% endmacro %}<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
"""
    + MARK
    + """
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Report on {{ table.name }}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; color: #1c1c1c; background: #fff;
       max-width: 62rem; margin: 0 auto; padding: 1.5rem; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 .6rem; border-bottom: 2px solid #0072B2; }
h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .88rem; margin: .6rem 0; min-width: 60%; }
caption { text-align: left; color: #4a4a4a; padding-bottom: .3rem; }
th, td { max-width: 22rem; overflow-wrap: break-word; padding: .25rem .7rem .25rem 0;
         border-bottom: 1px solid #ddd; text-align: left;
         vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.chosen td { font-weight: bold; background: #eaf3fa; }
.short { background: #f3f7fa; border-left: 5px solid #0072B2; padding: .7rem 1rem; }
.short p { margin: .4rem 0; }
ul.remarks { padding: 0; list-style: none; }
ul.remarks li { border-left: 5px solid #999; padding: .1rem 0 .1rem .8rem; margin: .7rem 0; }
ul.remarks li.warning { border-color: #D55E00; }
.cure { color: #33566e; }
img { max-width: 100%; height: auto; }
figure { margin: 1rem 0; }
figcaption, .small { font-size: .88rem; color: #4a4a4a; }
@media print { body { max-width: none; padding: 0; font-size: 10pt; }
  .wide { overflow: visible; } tr, li, figure { break-inside: avoid; } h2 { break-after: avoid; } }
</style>
</head>
<body>
<h1>Report on {{ table.name }}</h1>
<p class="small">{{ facts }}</p>
<section class="short">
<h3>In short</h3>
{% for sentence in short %}<p>{{ sentence }}</p>
{% endfor %}</section>

<h2>1. The data and their flaws</h2>
{% if remarks %}<ul class="remarks">
{% for remark in remarks %}<li{% if remark.warning %} class="warning"{% endif %}>
{% if remark.warning %}<strong>Warning.</strong> {% endif %}{{ remark.text }}
{% if remark.cure %}<span class="cure">{{ remark.cure }}</span>{% endif %}
{% if remark.lesson %}<span class="small">(<a href="#lesson-{{ remark.lesson }}">lesson
{{ remark.lesson }}</a>)</span>{% endif %}</li>
{% endfor %}</ul>
{% else %}<p>Nothing was found.</p>
{% endif %}
{% if label_counts %}<div class="wide"><table>
<caption>Label “{{ table.label.name }}”. {{ label_reason }}</caption>
<tr><th>value</th><th class="n">rows</th><th>taken for</th></tr>
{% for value, rows, sort in label_counts %}<tr><td>{{ value }}</td><td class="n">{{ rows }}</td>
<td>{{ sort }}</td></tr>
{% endfor %}</table></div>
{% endif %}
<div class="wide"><table>
<caption>Columns of the file{% if more_columns %}, the first {{ columns|length }} of
{{ columns|length + more_columns }}{% endif %}</caption>
<tr><th>column</th><th>kind</th><th class="n">missing</th><th class="n">different values</th>
<th>what detectors get</th></tr>
{% for column in columns %}<tr><td>{{ column.name }}</td><td>{{ column.kind }}</td>
<td class="n">{{ "{:,}".format(column.missing) }}</td>
<td class="n">{{ "{:,}".format(column.distinct) }}</td>
<td>{{ column.used or "nothing" }}</td></tr>
{% endfor %}</table></div>

<h2>2. How the rows were cut</h2>
<p>{{ cut_reason }}</p>
<div class="wide"><table>
<caption>Parts{% if plan.kind != "time" %} of the first seed; each seed draws anew{% endif %}
</caption>
<tr><th>part</th><th class="n">rows</th>{% if labelled %}<th class="n">anomalies</th>
<th class="n">share</th>{% endif %}<th>what for</th></tr>
{% for part in parts %}<tr><td>{{ part.name }}</td><td class="n">{{ part.rows }}</td>
{% if labelled %}<td class="n">{{ part.anomalies }}</td><td class="n">{{ part.share }}</td>
{% endif %}<td>{{ part.use }}</td></tr>
{% endfor %}</table></div>
<p>{{ fit_words }}</p>

<h2>3. {{ "The honest table" if plan.measurable else "What can be said without labels" }}</h2>
{% for sentence in table_words %}<p>{{ sentence }}</p>
{% endfor %}
<div class="wide"><table>
<caption>{{ table_caption }}</caption>
<tr><th>detector</th>{% for head in heads %}<th class="n">{{ head }}</th>{% endfor %}</tr>
{% for row in lines %}<tr{% if row.chosen %} class="chosen"{% endif %}><td>{{ row.name }}</td>
{% for cell in row.cells %}<td class="n">{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table></div>
{% if precision_picture %}{{ figure(precision_picture) }}{% endif %}
{% if agreement %}<div class="wide"><table>
<caption>{{ agreement.caption }}</caption>
<tr><th></th>{% for name in agreement.names %}<th class="n">{{ name }}</th>{% endfor %}</tr>
{% for name, cells in agreement.lines %}<tr><td>{{ name }}</td>
{% for cell in cells %}<td class="n">{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table></div>
{% endif %}

<h2>4. A threshold for your budget</h2>
{% for sentence in budget_words %}<p>{{ sentence }}</p>
{% endfor %}
{{ figure(score_picture) }}
{% if day_picture %}{{ figure(day_picture) }}{% endif %}

<h2>5. The highest alarms, column by column</h2>
{% if top %}<p>{{ reason_words }}</p>
<div class="wide"><table>
<caption>Alarms of {{ chosen }} on the test rows, the highest score first</caption>
<tr><th class="n">row</th>{% if with_time %}<th>time</th>{% endif %}<th class="n">score</th>
{% if plan.measurable %}<th>label</th>{% endif %}<th>column</th><th>value</th>
<th>usual (5 % to 95 %)</th><th class="n">share</th></tr>
{% for alarm in top %}{% for why in alarm.reasons %}<tr>
{% if loop.first %}{% set span = alarm.reasons|length %}<td class="n" rowspan="{{ span }}">
{{ alarm.row }}</td>{% if with_time %}<td rowspan="{{ span }}">{{ alarm.time }}</td>{% endif %}
<td class="n" rowspan="{{ span }}">{{ alarm.score }}</td>
{% if plan.measurable %}<td rowspan="{{ span }}">{{ alarm.label }}</td>{% endif %}{% endif %}
<td>{{ why.column }}</td><td>{{ why.value }}</td><td>{{ why.usual }}</td>
<td class="n">{{ why.share }}</td></tr>
{% endfor %}{% endfor %}</table></div>
{% else %}<p>No test row lies above the threshold.</p>
{% endif %}

<h2>6. What to do next</h2>
<ul>
{% for step in steps %}<li id="lesson-{{ step.lesson }}">{{ step.text }} <span class="small">Lesson
{{ step.lesson }}: notebooks/{{ step.file }}.ipynb</span></li>
{% endfor %}<li>All steps in order, from the question to a watched service, and a memo to fill in:
{{ guide }}</li>
</ul>
<p class="small">The files lie in the course's folder; python course.py lab opens them.</p>
<p class="small">{{ made }}</p>
</body>
</html>
"""
)
