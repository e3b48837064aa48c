<?xml version="1.0" encoding="UTF-8"?>
<!-- What every page has: its frame, words in two languages, times, figures, tables, bars. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:b="urn:cctns-bridge:page"
                exclude-result-prefixes="b">
  <xsl:output method="html" encoding="UTF-8" indent="no"/>
  <xsl:strip-space elements="*"/>

  <xsl:param name="lang"/>
  <xsl:param name="other"/>
  <xsl:param name="up"/>
  <xsl:param name="css"/>
  <xsl:param name="policy"/>

  <xsl:key name="word" match="words/word" use="@key"/>
  <xsl:key name="phrase" match="words/word" use="@en"/>
  <xsl:key name="unit" match="units/row" use="unit"/>
  <xsl:key name="system" match="systems/row" use="system"/>
  <xsl:key name="small" match="small/row" use="system"/>

  <!-- ============================================================ words -->

  <!-- A word by its key; one that is missing shows its key, so that it is seen. -->
  <xsl:template name="w">
    <xsl:param name="key"/>
    <xsl:variable name="word" select="key('word', $key)[1]"/>
    <xsl:choose>
      <xsl:when test="not($word)"><xsl:value-of select="$key"/></xsl:when>
      <xsl:when test="$lang = 'hi'"><xsl:value-of select="$word/@hi"/></xsl:when>
      <xsl:otherwise><xsl:value-of select="$word/@en"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- A code by kind and code ("status", "DISP"); one without words shows itself. -->
  <xsl:template name="code">
    <xsl:param name="kind"/>
    <xsl:param name="code"/>
    <xsl:choose>
      <xsl:when test="key('word', concat($kind, '.', $code))">
        <xsl:call-template name="w"><xsl:with-param name="key" select="concat($kind, '.', $code)"/></xsl:call-template>
      </xsl:when>
      <xsl:otherwise><xsl:value-of select="$code"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- A sentence of the program: in Hindi where words.csv has it, else as it is, and marked as English. -->
  <xsl:template name="say">
    <xsl:param name="text"/>
    <xsl:variable name="word" select="key('phrase', string($text))[1]"/>
    <xsl:choose>
      <xsl:when test="$lang = 'en'"><xsl:value-of select="$text"/></xsl:when>
      <xsl:when test="$word"><xsl:value-of select="$word/@hi"/></xsl:when>
      <xsl:otherwise><span lang="en"><xsl:value-of select="$text"/></span></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- ============================================================ times, figures, names -->

  <!-- "2020-06-01" -> 1 Jun 2020 -->
  <xsl:template name="day">
    <xsl:param name="day"/>
    <xsl:choose>
      <xsl:when test="string-length($day) &gt;= 10">
        <xsl:value-of select="number(substring($day, 9, 2))"/>
        <xsl:text>&#160;</xsl:text>
        <xsl:call-template name="w">
          <xsl:with-param name="key" select="concat('month.', number(substring($day, 6, 2)))"/>
        </xsl:call-template>
        <xsl:text>&#160;</xsl:text>
        <xsl:value-of select="substring($day, 1, 4)"/>
      </xsl:when>
      <xsl:otherwise><xsl:value-of select="$day"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- A time of the database in people's zone: 1 Jun 2020, 05:30 -->
  <xsl:template name="at">
    <xsl:param name="at"/>
    <xsl:variable name="local" select="b:local(string($at))"/>
    <xsl:choose>
      <xsl:when test="not(string($at))"/>
      <xsl:when test="string-length($local) = 16">
        <time datetime="{$at}">
          <xsl:call-template name="day"><xsl:with-param name="day" select="$local"/></xsl:call-template>
          <xsl:text>,&#160;</xsl:text>
          <xsl:value-of select="substring($local, 12)"/>
        </time>
      </xsl:when>
      <xsl:otherwise><xsl:value-of select="$at"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- Seconds as people say them. -->
  <xsl:template name="span">
    <xsl:param name="s"/>
    <xsl:choose>
      <xsl:when test="string($s) = ''"/>
      <xsl:when test="$s &lt; 60"><xsl:value-of select="$s"/>&#160;<xsl:call-template name="w"><xsl:with-param name="key">unit.s</xsl:with-param></xsl:call-template></xsl:when>
      <xsl:when test="$s &lt; 5400"><xsl:value-of select="round($s div 60)"/>&#160;<xsl:call-template name="w"><xsl:with-param name="key">unit.min</xsl:with-param></xsl:call-template></xsl:when>
      <xsl:when test="$s &lt; 172800"><xsl:value-of select="round($s div 360) div 10"/>&#160;<xsl:call-template name="w"><xsl:with-param name="key">unit.h</xsl:with-param></xsl:call-template></xsl:when>
      <xsl:otherwise><xsl:value-of select="b:count(string(round($s div 86400)))"/>&#160;<xsl:call-template name="w"><xsl:with-param name="key">unit.d</xsl:with-param></xsl:call-template></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="unit">
    <xsl:param name="unit"/>
    <xsl:variable name="row" select="key('unit', string($unit))[1]"/>
    <xsl:choose>
      <xsl:when test="$row and $lang = 'hi'"><xsl:value-of select="$row/name_hi"/></xsl:when>
      <xsl:when test="$row"><xsl:value-of select="$row/name_en"/></xsl:when>
      <xsl:otherwise><xsl:value-of select="$unit"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="yes">
    <xsl:param name="bool"/>
    <xsl:choose>
      <xsl:when test="$bool = 'true' or $bool = 't'"><xsl:call-template name="w"><xsl:with-param name="key">yes</xsl:with-param></xsl:call-template></xsl:when>
      <xsl:when test="$bool = 'false' or $bool = 'f'"><span class="bad"><xsl:call-template name="w"><xsl:with-param name="key">no</xsl:with-param></xsl:call-template></span></xsl:when>
      <xsl:otherwise>–</xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- A cell with a figure. loud: one above nought is shown as bad. secret: the row is of a kind whose small counts are not
       told; row: the figures that stand beside it: where any of them is small, none is told that would give it away.
       hide: it is not told at all. -->
  <xsl:template name="n">
    <xsl:param name="n"/>
    <xsl:param name="loud" select="false()"/>
    <xsl:param name="secret" select="false()"/>
    <xsl:param name="row" select="$n"/>
    <xsl:param name="hide" select="false()"/>
    <td class="n">
      <xsl:choose>
        <xsl:when test="$secret and $n &gt; 0 and $n &lt; 5 and not($hide)">&lt;5</xsl:when>
        <xsl:when test="$hide or ($secret and $row[. &gt; 0 and . &lt; 5])"><abbr><xsl:attribute name="title"><xsl:call-template name="w"><xsl:with-param name="key">withheld</xsl:with-param></xsl:call-template></xsl:attribute>–</abbr></xsl:when>
        <xsl:when test="string($n) = ''">–</xsl:when>
        <xsl:when test="$loud and $n &gt; 0"><span class="bad"><xsl:value-of select="b:count(string($n))"/></span></xsl:when>
        <xsl:otherwise><xsl:value-of select="b:count(string($n))"/></xsl:otherwise>
      </xsl:choose>
    </td>
  </xsl:template>

  <!-- ============================================================ tables -->

  <!-- Column heads: keys parted by blanks; one that begins with # is of figures. -->
  <xsl:template name="heads">
    <xsl:param name="keys"/>
    <xsl:variable name="first" select="substring-before(concat(normalize-space($keys), ' '), ' ')"/>
    <xsl:variable name="rest" select="substring-after(normalize-space($keys), ' ')"/>
    <xsl:if test="$first != ''">
      <th scope="col">
        <xsl:if test="starts-with($first, '#')"><xsl:attribute name="class">n</xsl:attribute></xsl:if>
        <xsl:call-template name="w"><xsl:with-param name="key" select="concat('col.', translate($first, '#', ''))"/></xsl:call-template>
      </th>
      <xsl:call-template name="heads"><xsl:with-param name="keys" select="$rest"/></xsl:call-template>
    </xsl:if>
  </xsl:template>

  <!-- A table with its caption; body: the rows, made by the caller. none: what to say without any. -->
  <xsl:template name="table">
    <xsl:param name="id"/>
    <xsl:param name="caption"/>
    <xsl:param name="heads"/>
    <xsl:param name="rows"/>
    <xsl:param name="body"/>
    <xsl:param name="none">none</xsl:param>
    <xsl:choose>
      <xsl:when test="not($rows)">
        <p class="none" id="{$id}"><xsl:call-template name="w"><xsl:with-param name="key" select="$none"/></xsl:call-template></p>
      </xsl:when>
      <xsl:otherwise>
        <div class="wide" tabindex="0" role="region" aria-labelledby="{$id}-caption">
          <table id="{$id}">
            <caption id="{$id}-caption"><xsl:copy-of select="$caption"/></caption>
            <thead><tr><xsl:call-template name="heads"><xsl:with-param name="keys" select="$heads"/></xsl:call-template></tr></thead>
            <tbody><xsl:copy-of select="$body"/></tbody>
          </table>
        </div>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- "300 of 1,234 are shown; all of them: FILE" -->
  <xsl:template name="more">
    <xsl:param name="list"/>
    <xsl:param name="file"/>
    <xsl:if test="$list/@left">
      <p class="more">
        <xsl:call-template name="w"><xsl:with-param name="key">more.shown</xsl:with-param></xsl:call-template>
        <xsl:text> </xsl:text>
        <b><xsl:value-of select="b:count(string(count($list/row)))"/></b>
        <xsl:text> / </xsl:text>
        <b class="total"><xsl:value-of select="b:count(string(count($list/row) + $list/@left))"/></b>
        <xsl:text>. </xsl:text>
        <xsl:call-template name="w"><xsl:with-param name="key">more.all</xsl:with-param></xsl:call-template>
        <xsl:text> </xsl:text>
        <a href="{$file}"><xsl:value-of select="$file"/></a>
      </p>
    </xsl:if>
  </xsl:template>

  <!-- A cell with a bar of 0 to 100. -->
  <xsl:template name="meter">
    <xsl:param name="percent"/>
    <td class="meter">
      <xsl:if test="string($percent) != ''">
        <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">
          <rect class="track" x="0" y="0" width="100" height="8"/>
          <rect class="bar-a" x="0" y="0" width="{$percent}" height="8"/>
        </svg>
      </xsl:if>
    </td>
  </xsl:template>

  <!-- ============================================================ the frame -->

  <xsl:template name="link">
    <xsl:param name="page"/>
    <li>
      <a href="{$up}{$page}.html">
        <xsl:if test="/house/@page = $page"><xsl:attribute name="aria-current">page</xsl:attribute></xsl:if>
        <xsl:call-template name="w"><xsl:with-param name="key" select="concat('page.', $page)"/></xsl:call-template>
      </a>
    </li>
  </xsl:template>

  <xsl:template name="frame">
    <xsl:param name="title"/>
    <xsl:param name="body"/>
    <html lang="{$lang}">
      <head>
        <meta http-equiv="Content-Security-Policy" content="{$policy}"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <meta name="referrer" content="no-referrer"/>
        <meta name="robots" content="noindex, nofollow"/>
        <title><xsl:value-of select="$title"/> · <xsl:call-template name="w"><xsl:with-param name="key">brand</xsl:with-param></xsl:call-template></title>
        <style><xsl:value-of select="$css" disable-output-escaping="yes"/></style>
      </head>
      <body>
        <a class="skip" href="#main"><xsl:call-template name="w"><xsl:with-param name="key">skip</xsl:with-param></xsl:call-template></a>
        <header>
          <div class="bar">
            <a class="brand" href="{$up}index.html"><xsl:call-template name="w"><xsl:with-param name="key">brand</xsl:with-param></xsl:call-template></a>
            <nav>
              <xsl:attribute name="aria-label"><xsl:call-template name="w"><xsl:with-param name="key">nav</xsl:with-param></xsl:call-template></xsl:attribute>
              <ul>
                <xsl:call-template name="link"><xsl:with-param name="page">index</xsl:with-param></xsl:call-template>
                <xsl:call-template name="link"><xsl:with-param name="page">senior</xsl:with-param></xsl:call-template>
                <xsl:call-template name="link"><xsl:with-param name="page">it</xsl:with-param></xsl:call-template>
                <xsl:call-template name="link"><xsl:with-param name="page">audit</xsl:with-param></xsl:call-template>
              </ul>
            </nav>
            <xsl:choose>
              <xsl:when test="$lang = 'hi'"><a class="tongue" lang="en" hreflang="en" href="{$other}">English</a></xsl:when>
              <xsl:otherwise><a class="tongue" lang="hi" hreflang="hi" href="{$other}">हिन्दी</a></xsl:otherwise>
            </xsl:choose>
          </div>
        </header>
        <main id="main" tabindex="-1">
          <h1><xsl:value-of select="$title"/></h1>
          <p class="asof">
            <xsl:call-template name="w"><xsl:with-param name="key">asof</xsl:with-param></xsl:call-template>
            <xsl:text> </xsl:text>
            <xsl:call-template name="at"><xsl:with-param name="at" select="/house/@asof"/></xsl:call-template>
            <xsl:text> (</xsl:text><xsl:value-of select="/house/@zone"/><xsl:text>)</xsl:text>
          </p>
          <xsl:copy-of select="$body"/>
        </main>
        <footer>
          <p><xsl:call-template name="w"><xsl:with-param name="key">foot</xsl:with-param></xsl:call-template></p>
          <p>cctns-bridge <xsl:value-of select="/house/@version"/></p>
        </footer>
      </body>
    </html>
  </xsl:template>

  <!-- How the last nightly run ended, in one box. -->
  <xsl:template name="last">
    <xsl:variable name="run" select="/house/last/row[1]"/>
    <xsl:choose>
      <xsl:when test="not($run)"><div class="say bad"><p><xsl:call-template name="w"><xsl:with-param name="key">last.none</xsl:with-param></xsl:call-template></p></div></xsl:when>
      <xsl:otherwise>
        <div class="say">
          <xsl:if test="$run/state != 'running' and $run/exit_code != 0 and $run/exit_code != 3"><xsl:attribute name="class">say bad</xsl:attribute></xsl:if>
          <p id="last">
            <b>
              <xsl:choose>
                <xsl:when test="$run/state = 'running'"><xsl:call-template name="w"><xsl:with-param name="key">last.running</xsl:with-param></xsl:call-template></xsl:when>
                <xsl:otherwise><xsl:call-template name="code"><xsl:with-param name="kind">exit</xsl:with-param><xsl:with-param name="code" select="$run/exit_code"/></xsl:call-template></xsl:otherwise>
              </xsl:choose>
            </b>
          </p>
          <p>
            <xsl:call-template name="w"><xsl:with-param name="key">last.run</xsl:with-param></xsl:call-template>
            <xsl:text> </xsl:text><xsl:value-of select="$run/run_id"/><xsl:text> (</xsl:text><xsl:value-of select="$run/job"/><xsl:text>): </xsl:text>
            <xsl:call-template name="at"><xsl:with-param name="at" select="$run/started_at"/></xsl:call-template>
            <xsl:if test="$run/ended_at">
              <xsl:text> – </xsl:text>
              <xsl:call-template name="at"><xsl:with-param name="at" select="$run/ended_at"/></xsl:call-template>
              <xsl:text> · </xsl:text>
              <xsl:call-template name="span"><xsl:with-param name="s" select="$run/seconds"/></xsl:call-template>
            </xsl:if>
          </p>
        </div>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- The month that the figures are of: 1 Jun 2020 – 30 Jun 2020 -->
  <xsl:template name="month">
    <xsl:param name="from" select="/house/@from"/>
    <xsl:param name="to" select="/house/@to"/>
    <xsl:call-template name="day"><xsl:with-param name="day" select="$from"/></xsl:call-template>
    <xsl:text> – </xsl:text>
    <xsl:call-template name="day"><xsl:with-param name="day" select="$to"/></xsl:call-template>
  </xsl:template>

  <!-- Figures of the month by system: those of "reconcile". secrets: small counts are not told. -->
  <xsl:template name="figures">
    <xsl:param name="suppress" select="true()"/>
    <xsl:call-template name="table">
      <xsl:with-param name="id">figures</xsl:with-param>
      <xsl:with-param name="caption"><xsl:call-template name="month"/>: <xsl:call-template name="w"><xsl:with-param name="key">figures.caption</xsl:with-param></xsl:call-template></xsl:with-param>
      <xsl:with-param name="heads">system counts_by #brought_forward #received #disposed #pending #overdue balanced</xsl:with-param>
      <xsl:with-param name="rows" select="/house/figures/row"/>
      <xsl:with-param name="body">
        <xsl:for-each select="/house/figures/row">
          <xsl:variable name="secret" select="$suppress and key('system', system)/secret = 'true'"/>
          <xsl:variable name="hide" select="$suppress and not($secret) and key('small', system)"/>
          <xsl:variable name="row" select="brought_forward | received | disposed | pending | overdue"/>
          <tr>
            <th scope="row"><xsl:call-template name="system"/></th>
            <td><xsl:call-template name="code"><xsl:with-param name="kind">basis</xsl:with-param><xsl:with-param name="code" select="counts_by"/></xsl:call-template></td>
            <xsl:call-template name="n"><xsl:with-param name="n" select="brought_forward"/><xsl:with-param name="secret" select="$secret"/><xsl:with-param name="row" select="$row"/><xsl:with-param name="hide" select="$hide"/></xsl:call-template>
            <xsl:call-template name="n"><xsl:with-param name="n" select="received"/><xsl:with-param name="secret" select="$secret"/><xsl:with-param name="row" select="$row"/><xsl:with-param name="hide" select="$hide"/></xsl:call-template>
            <xsl:call-template name="n"><xsl:with-param name="n" select="disposed"/><xsl:with-param name="secret" select="$secret"/><xsl:with-param name="row" select="$row"/><xsl:with-param name="hide" select="$hide"/></xsl:call-template>
            <xsl:call-template name="n"><xsl:with-param name="n" select="pending"/><xsl:with-param name="secret" select="$secret"/><xsl:with-param name="row" select="$row"/><xsl:with-param name="hide" select="$hide"/></xsl:call-template>
            <xsl:call-template name="n"><xsl:with-param name="n" select="overdue"/><xsl:with-param name="loud" select="true()"/><xsl:with-param name="secret" select="$secret"/><xsl:with-param name="row" select="$row"/><xsl:with-param name="hide" select="$hide"/></xsl:call-template>
            <td><xsl:call-template name="yes"><xsl:with-param name="bool" select="balanced"/></xsl:call-template></td>
          </tr>
        </xsl:for-each>
      </xsl:with-param>
    </xsl:call-template>
  </xsl:template>

  <!-- "English | Hindi", as maps and rules are titled. -->
  <xsl:template name="title">
    <xsl:param name="title"/>
    <xsl:choose>
      <xsl:when test="$lang = 'hi' and contains($title, ' | ')"><xsl:value-of select="substring-after($title, ' | ')"/></xsl:when>
      <xsl:when test="contains($title, ' | ')"><xsl:value-of select="substring-before($title, ' | ')"/></xsl:when>
      <xsl:otherwise><xsl:value-of select="$title"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- The system of a row: its title, and its word in bridge.conf. -->
  <xsl:template name="system">
    <xsl:param name="name" select="system | portal_system"/>
    <xsl:variable name="row" select="key('system', string($name))[1]"/>
    <xsl:choose>
      <xsl:when test="$row and $row/title != ''"><xsl:call-template name="title"><xsl:with-param name="title" select="$row/title"/></xsl:call-template><xsl:text> </xsl:text><span class="tag"><xsl:value-of select="$name"/></span></xsl:when>
      <xsl:otherwise><xsl:value-of select="$name"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>
</xsl:stylesheet>
