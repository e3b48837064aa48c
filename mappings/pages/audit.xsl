<?xml version="1.0" encoding="UTF-8"?>
<!-- What an auditor asks: do the sides agree, do the books hold, what do the rules find. Nothing is suppressed here. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:b="urn:cctns-bridge:page"
                exclude-result-prefixes="b">
  <xsl:import href="common.xsl"/>

  <xsl:template name="side">
    <xsl:param name="text"/>
    <xsl:choose>
      <xsl:when test="string($text) = ''">–</xsl:when>
      <xsl:otherwise><xsl:value-of select="$text"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template match="/house">
    <xsl:variable name="unexplained" select="sum(comparisons/row/unexplained)"/>
    <xsl:variable name="differences" select="sum(comparisons/row/differences)"/>
    <xsl:call-template name="frame">
      <xsl:with-param name="title"><xsl:call-template name="w"><xsl:with-param name="key">title.audit</xsl:with-param></xsl:call-template></xsl:with-param>
      <xsl:with-param name="body">
        <div class="say">
          <xsl:if test="$unexplained &gt; 0 or figures/row[balanced = 'false'] or books/fault or books/altered"><xsl:attribute name="class">say bad</xsl:attribute></xsl:if>
          <p id="verdict"><b><xsl:call-template name="w"><xsl:with-param name="key">
            <xsl:choose>
              <xsl:when test="not(comparisons/row)">agree.unknown</xsl:when>
              <xsl:when test="$unexplained &gt; 0">agree.no</xsl:when>
              <xsl:when test="$differences &gt; 0">agree.explained</xsl:when>
              <xsl:otherwise>agree.yes</xsl:otherwise>
            </xsl:choose>
          </xsl:with-param></xsl:call-template></b></p>
          <p id="books-verdict"><xsl:call-template name="w"><xsl:with-param name="key">
            <xsl:choose>
              <xsl:when test="books/altered">books.altered</xsl:when>
              <xsl:when test="books/fault">books.fault</xsl:when>
              <xsl:otherwise>books.good</xsl:otherwise>
            </xsl:choose>
          </xsl:with-param></xsl:call-template></p>
        </div>
        <nav class="toc">
          <xsl:attribute name="aria-label"><xsl:call-template name="w"><xsl:with-param name="key">toc</xsl:with-param></xsl:call-template></xsl:attribute>
          <ul>
            <li><a href="#reconciliation"><xsl:call-template name="w"><xsl:with-param name="key">reconciled.title</xsl:with-param></xsl:call-template></a></li>
            <li><a href="#months"><xsl:call-template name="w"><xsl:with-param name="key">figures.title</xsl:with-param></xsl:call-template></a></li>
            <li><a href="#books"><xsl:call-template name="w"><xsl:with-param name="key">books.title</xsl:with-param></xsl:call-template></a></li>
            <li><a href="#rules"><xsl:call-template name="w"><xsl:with-param name="key">rules.title</xsl:with-param></xsl:call-template></a></li>
          </ul>
        </nav>

        <section id="reconciliation">
          <h2><xsl:call-template name="w"><xsl:with-param name="key">reconciled.title</xsl:with-param></xsl:call-template></h2>
          <p class="lead"><xsl:call-template name="w"><xsl:with-param name="key">reconciled.lead</xsl:with-param></xsl:call-template></p>
          <xsl:call-template name="table">
            <xsl:with-param name="id">reconciled</xsl:with-param>
            <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key">reconciled.caption</xsl:with-param></xsl:call-template></xsl:with-param>
            <xsl:with-param name="heads">portal_system police_systems #portal #police #staging #differences #explained #unexplained counted cut</xsl:with-param>
            <xsl:with-param name="rows" select="comparisons/row"/>
            <xsl:with-param name="none">agree.unknown</xsl:with-param>
            <xsl:with-param name="body">
              <xsl:for-each select="comparisons/row">
                <tr>
                  <th scope="row"><xsl:call-template name="system"/></th>
                  <td><xsl:call-template name="side"><xsl:with-param name="text" select="police"/></xsl:call-template></td>
                  <xsl:choose>
                    <xsl:when test="listed = 'true' or counted"><xsl:call-template name="n"><xsl:with-param name="n" select="portal"/></xsl:call-template></xsl:when>
                    <xsl:otherwise><td class="n">–</td></xsl:otherwise>
                  </xsl:choose>
                  <xsl:call-template name="n"><xsl:with-param name="n" select="police_n"/></xsl:call-template>
                  <xsl:call-template name="n"><xsl:with-param name="n" select="staging"/></xsl:call-template>
                  <xsl:call-template name="n"><xsl:with-param name="n" select="differences"/></xsl:call-template>
                  <xsl:call-template name="n"><xsl:with-param name="n" select="differences - unexplained"/></xsl:call-template>
                  <xsl:call-template name="n"><xsl:with-param name="n" select="unexplained"/><xsl:with-param name="loud" select="true()"/></xsl:call-template>
                  <td><xsl:call-template name="yes"><xsl:with-param name="bool" select="counted"/></xsl:call-template></td>
                  <td class="w"><xsl:call-template name="at"><xsl:with-param name="at" select="cut"/></xsl:call-template></td>
                </tr>
              </xsl:for-each>
            </xsl:with-param>
          </xsl:call-template>

          <h3><xsl:call-template name="w"><xsl:with-param name="key">reasons.title</xsl:with-param></xsl:call-template></h3>
          <xsl:call-template name="table">
            <xsl:with-param name="id">reasons</xsl:with-param>
            <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key">reasons.caption</xsl:with-param></xsl:call-template></xsl:with-param>
            <xsl:with-param name="heads">system reason what #n remedy</xsl:with-param>
            <xsl:with-param name="rows" select="reasons/row"/>
            <xsl:with-param name="none">reasons.none</xsl:with-param>
            <xsl:with-param name="body">
              <xsl:for-each select="reasons/row">
                <tr>
                  <th scope="row"><xsl:value-of select="system"/></th>
                  <td><xsl:if test="reason = 'unexplained'"><xsl:attribute name="class">bad</xsl:attribute></xsl:if><xsl:call-template name="code"><xsl:with-param name="kind">reason</xsl:with-param><xsl:with-param name="code" select="reason"/></xsl:call-template></td>
                  <td><xsl:call-template name="code"><xsl:with-param name="kind">what</xsl:with-param><xsl:with-param name="code" select="what"/></xsl:call-template></td>
                  <xsl:call-template name="n"><xsl:with-param name="n" select="n"/></xsl:call-template>
                  <td class="long"><xsl:call-template name="say"><xsl:with-param name="text" select="remedy"/></xsl:call-template></td>
                </tr>
              </xsl:for-each>
            </xsl:with-param>
          </xsl:call-template>

          <h3><xsl:call-template name="w"><xsl:with-param name="key">differences.title</xsl:with-param></xsl:call-template></h3>
          <xsl:if test="not(differences/row)"><p class="none"><xsl:call-template name="w"><xsl:with-param name="key">reasons.none</xsl:with-param></xsl:call-template></p></xsl:if>
          <xsl:for-each select="differences[row]">
            <xsl:call-template name="table">
              <xsl:with-param name="id" select="concat('differences-', @system)"/>
              <xsl:with-param name="caption"><xsl:value-of select="@system"/>: <xsl:call-template name="w"><xsl:with-param name="key">differences.caption</xsl:with-param></xsl:call-template></xsl:with-param>
              <xsl:with-param name="heads">number police_number unit what portal_says police_says staging_says reason since</xsl:with-param>
              <xsl:with-param name="rows" select="row"/>
              <xsl:with-param name="body">
                <xsl:for-each select="row">
                  <tr>
                    <th scope="row" class="w mono"><xsl:value-of select="number"/></th>
                    <td class="mono"><xsl:value-of select="police_number"/></td>
                    <td><xsl:call-template name="unit"><xsl:with-param name="unit" select="unit"/></xsl:call-template></td>
                    <td><xsl:call-template name="code"><xsl:with-param name="kind">what</xsl:with-param><xsl:with-param name="code" select="what"/></xsl:call-template></td>
                    <td><xsl:call-template name="side"><xsl:with-param name="text" select="portal_says"/></xsl:call-template></td>
                    <td><xsl:call-template name="side"><xsl:with-param name="text" select="police_says"/></xsl:call-template></td>
                    <td><xsl:call-template name="side"><xsl:with-param name="text" select="staging_says"/></xsl:call-template></td>
                    <td><xsl:if test="reason = 'unexplained'"><xsl:attribute name="class">bad</xsl:attribute></xsl:if><xsl:call-template name="code"><xsl:with-param name="kind">reason</xsl:with-param><xsl:with-param name="code" select="reason"/></xsl:call-template></td>
                    <td class="w"><xsl:call-template name="at"><xsl:with-param name="at" select="since"/></xsl:call-template></td>
                  </tr>
                </xsl:for-each>
              </xsl:with-param>
            </xsl:call-template>
            <xsl:call-template name="more"><xsl:with-param name="list" select="."/><xsl:with-param name="file">../differences.csv</xsl:with-param></xsl:call-template>
          </xsl:for-each>

          <h3><xsl:call-template name="w"><xsl:with-param name="key">signatures.title</xsl:with-param></xsl:call-template></h3>
          <xsl:call-template name="table">
            <xsl:with-param name="id">signatures</xsl:with-param>
            <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key">signatures.caption</xsl:with-param></xsl:call-template></xsl:with-param>
            <xsl:with-param name="heads">number what officer why signed stands</xsl:with-param>
            <xsl:with-param name="rows" select="signatures/row"/>
            <xsl:with-param name="none">signatures.none</xsl:with-param>
            <xsl:with-param name="body">
              <xsl:for-each select="signatures/row">
                <tr>
                  <th scope="row" class="w"><span class="mono"><xsl:value-of select="number"/></span><xsl:text> </xsl:text><span class="tag"><xsl:value-of select="system"/></span></th>
                  <td><xsl:call-template name="code"><xsl:with-param name="kind">what</xsl:with-param><xsl:with-param name="code" select="what"/></xsl:call-template></td>
                  <td><xsl:value-of select="officer"/></td>
                  <td class="long"><xsl:value-of select="why"/></td>
                  <td class="w"><xsl:call-template name="at"><xsl:with-param name="at" select="at"/></xsl:call-template></td>
                  <td><xsl:call-template name="yes"><xsl:with-param name="bool" select="stands"/></xsl:call-template></td>
                </tr>
              </xsl:for-each>
            </xsl:with-param>
          </xsl:call-template>
        </section>

        <section id="months">
          <h2><xsl:call-template name="w"><xsl:with-param name="key">figures.title</xsl:with-param></xsl:call-template></h2>
          <p class="lead"><xsl:call-template name="w"><xsl:with-param name="key">figures.lead</xsl:with-param></xsl:call-template></p>
          <xsl:call-template name="figures"><xsl:with-param name="suppress" select="false()"/></xsl:call-template>
          <h3><xsl:call-template name="w"><xsl:with-param name="key">places.title</xsl:with-param></xsl:call-template></h3>
          <xsl:call-template name="table">
            <xsl:with-param name="id">sources</xsl:with-param>
            <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key">places.caption</xsl:with-param></xsl:call-template></xsl:with-param>
            <xsl:with-param name="heads">system #came_in #with_police #disposed #in_flight #refused #held</xsl:with-param>
            <xsl:with-param name="rows" select="places/row"/>
            <xsl:with-param name="body">
              <xsl:for-each select="places/row">
                <tr>
                  <th scope="row"><xsl:call-template name="system"/></th>
                  <xsl:for-each select="came_in | with_police | disposed | in_flight | refused | held">
                    <xsl:call-template name="n"><xsl:with-param name="n" select="."/><xsl:with-param name="loud" select="self::refused or self::held"/></xsl:call-template>
                  </xsl:for-each>
                </tr>
              </xsl:for-each>
            </xsl:with-param>
          </xsl:call-template>
        </section>

        <section id="books">
          <h2><xsl:call-template name="w"><xsl:with-param name="key">books.title</xsl:with-param></xsl:call-template></h2>
          <p class="lead"><xsl:call-template name="w"><xsl:with-param name="key">books.lead</xsl:with-param></xsl:call-template></p>
          <xsl:for-each select="books/fault | books/altered">
            <p class="bad" lang="en"><xsl:value-of select="."/></p>
          </xsl:for-each>
          <xsl:if test="books/line">
            <ul lang="en"><xsl:for-each select="books/line"><li><xsl:value-of select="."/></li></xsl:for-each></ul>
          </xsl:if>
          <xsl:for-each select="chain/row[1]">
            <dl class="facts" id="chain">
              <dt><xsl:call-template name="w"><xsl:with-param name="key">chain.origin</xsl:with-param></xsl:call-template></dt><dd><xsl:value-of select="origin"/></dd>
              <dt><xsl:call-template name="w"><xsl:with-param name="key">chain.entries</xsl:with-param></xsl:call-template></dt><dd><xsl:value-of select="b:count(string(entries))"/></dd>
              <dt><xsl:call-template name="w"><xsl:with-param name="key">chain.head</xsl:with-param></xsl:call-template></dt><dd class="mono"><xsl:value-of select="h"/></dd>
              <dt><xsl:call-template name="w"><xsl:with-param name="key">chain.note</xsl:with-param></xsl:call-template></dt>
              <dd><xsl:choose><xsl:when test="checkpoint"><xsl:value-of select="b:count(string(checkpoint))"/>, <xsl:call-template name="at"><xsl:with-param name="at" select="at"/></xsl:call-template></xsl:when><xsl:otherwise><span class="warn"><xsl:call-template name="w"><xsl:with-param name="key">chain.no_note</xsl:with-param></xsl:call-template></span></xsl:otherwise></xsl:choose></dd>
              <dt><xsl:call-template name="w"><xsl:with-param name="key">chain.unsigned</xsl:with-param></xsl:call-template></dt><dd><xsl:value-of select="b:count(string(unsigned))"/></dd>
            </dl>
          </xsl:for-each>
          <xsl:call-template name="table">
            <xsl:with-param name="id">anchors</xsl:with-param>
            <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key">anchors.caption</xsl:with-param></xsl:call-template></xsl:with-param>
            <xsl:with-param name="heads">place #newest_note #notes left_at</xsl:with-param>
            <xsl:with-param name="rows" select="anchors/row"/>
            <xsl:with-param name="none">anchors.none</xsl:with-param>
            <xsl:with-param name="body">
              <xsl:for-each select="anchors/row">
                <tr>
                  <th scope="row" class="long"><xsl:value-of select="place"/></th>
                  <xsl:call-template name="n"><xsl:with-param name="n" select="checkpoint"/></xsl:call-template>
                  <xsl:call-template name="n"><xsl:with-param name="n" select="notes"/></xsl:call-template>
                  <td class="w"><xsl:call-template name="at"><xsl:with-param name="at" select="at"/></xsl:call-template></td>
                </tr>
              </xsl:for-each>
            </xsl:with-param>
          </xsl:call-template>
        </section>

        <section id="rules">
          <h2><xsl:call-template name="w"><xsl:with-param name="key">rules.title</xsl:with-param></xsl:call-template></h2>
          <p class="lead"><xsl:call-template name="w"><xsl:with-param name="key">rules.lead</xsl:with-param></xsl:call-template></p>
          <xsl:call-template name="table">
            <xsl:with-param name="id">audit</xsl:with-param>
            <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key">rules.caption</xsl:with-param></xsl:call-template></xsl:with-param>
            <xsl:with-param name="heads">rule #open #new since finds</xsl:with-param>
            <xsl:with-param name="rows" select="rules/row"/>
            <xsl:with-param name="body">
              <xsl:for-each select="rules/row">
                <xsl:variable name="found" select="/house/found/row[rule = current()/rule]"/>
                <tr>
                  <th scope="row"><xsl:call-template name="title"><xsl:with-param name="title" select="title"/></xsl:call-template><br/><span class="tag"><xsl:value-of select="rule"/></span></th>
                  <td class="n"><xsl:choose><xsl:when test="fault"><span class="bad">–</span></xsl:when><xsl:when test="$found"><span class="bad"><xsl:value-of select="b:count(string($found/open))"/></span></xsl:when><xsl:otherwise>0</xsl:otherwise></xsl:choose></td>
                  <td class="n"><xsl:choose><xsl:when test="$found"><xsl:value-of select="b:count(string($found/new))"/></xsl:when><xsl:otherwise>0</xsl:otherwise></xsl:choose></td>
                  <td class="w"><xsl:call-template name="at"><xsl:with-param name="at" select="$found/since"/></xsl:call-template></td>
                  <td class="long"><xsl:call-template name="title"><xsl:with-param name="title" select="finds"/></xsl:call-template><xsl:if test="fault"><br/><span class="bad" lang="en"><xsl:value-of select="fault"/></span></xsl:if></td>
                </tr>
              </xsl:for-each>
            </xsl:with-param>
          </xsl:call-template>
          <h3><xsl:call-template name="w"><xsl:with-param name="key">findings.title</xsl:with-param></xsl:call-template></h3>
          <xsl:call-template name="table">
            <xsl:with-param name="id">findings</xsl:with-param>
            <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key">findings.caption</xsl:with-param></xsl:call-template></xsl:with-param>
            <xsl:with-param name="heads">rule number unit detail since</xsl:with-param>
            <xsl:with-param name="rows" select="findings/row"/>
            <xsl:with-param name="none">findings.none</xsl:with-param>
            <xsl:with-param name="body">
              <xsl:for-each select="findings/row">
                <tr>
                  <th scope="row"><span class="tag"><xsl:value-of select="rule"/></span></th>
                  <td class="w"><span class="mono"><xsl:value-of select="number"/></span><xsl:text> </xsl:text><span class="tag"><xsl:value-of select="system"/></span></td>
                  <td><xsl:call-template name="unit"><xsl:with-param name="unit" select="unit"/></xsl:call-template></td>
                  <td class="long" lang="en"><xsl:value-of select="detail"/></td>
                  <td class="w"><xsl:call-template name="at"><xsl:with-param name="at" select="since"/></xsl:call-template></td>
                </tr>
              </xsl:for-each>
            </xsl:with-param>
          </xsl:call-template>
          <xsl:call-template name="more"><xsl:with-param name="list" select="findings"/><xsl:with-param name="file">../findings.csv</xsl:with-param></xsl:call-template>
        </section>
      </xsl:with-param>
    </xsl:call-template>
  </xsl:template>
</xsl:stylesheet>
